"""A front as a table, and what it takes to find one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hwnas.cli._figures import kilobytes
from hwnas.cli._printing import say, table
from hwnas.contracts.figures import EXTRA

if TYPE_CHECKING:  # whoever has one has loaded what it is made of
    from hwnas.pipeline.delivery.front import Front
    from hwnas.pipeline.selection.cost_estimate import Foreseen
    from hwnas.pipeline.side_by_side import OnDevices


def print_front(front: "Front") -> None:
    """One row per member, fastest first; by `expected` (with its standard error) a budget's model is chosen."""
    from hwnas.contracts.shown import factor, shown, with_interval

    figure = front.figure.objective
    latency_ms = "latency, ms (95 %)" if front.timed else "latency from a table, ms (95 %)"
    told = [figure for name, figure in EXTRA.items() if all(name in m.extra for m in front.members)]
    table(
        f"Front of {front.space} on {front.device['device']} ({front.device['processor']})",
        (
            "sub-network",
            latency_ms,
            f"{front.figure.name} (95 %)",
            "expected",
            *(["beside the original"] if front.original else []),
            "size",
            *(figure.short for figure in told),
        ),
        [
            (
                m.key,
                f"{m.latency_ms:.3g} ({m.latency_ms_interval[0]:.3g}-{m.latency_ms_interval[1]:.3g})",
                with_interval(figure, m.score, m.score_interval),
                f"{shown(figure, m.expected_score)} ±{factor(figure) * m.expected_score_error:.2g}",
                *filter(None, [front.beside_original(m)]),
                kilobytes(m.size_bytes),
                *(figure.unit.shown(m.extra[figure.name]) for figure in told),
            )
            for m in front.members
        ],
    )
    say(f"The latency table is {front.verdict}")
    say(front.said_of_choice)


def say_notes(front: "Front") -> None:
    """What the reader of a front should know further, such as what of the space was not searched, or was tuned."""
    for note in (*front.said_of_weights, *front.notes):
        say(note)


def print_side_by_side(fronts: Sequence["Front"], members: Sequence["OnDevices"]) -> None:
    """One row per sub-network of any front, one column per device; `~` marks latencies that are predicted."""
    from hwnas.contracts.shown import shown

    def latency(member: "OnDevices", i: int) -> str:
        return f"{'' if member.measured[i] else '~'}{member.latencies_ms[i]:.3g}"

    figure = fronts[0].figure.objective
    table(
        "Side by side, latencies in ms (~ predicted: not of that device's front)",
        ("sub-network", figure.name, *(str(front.device["device"]) for front in fronts)),
        [
            (member.key, shown(figure, member.score), *(latency(member, i) for i in range(len(fronts))))
            for member in members
        ],
    )


def say_evaluated(before: int, after: int) -> None:
    """Whether a search that had been begun, or done, before has measured anything; the numbers are of evaluations."""
    if before and before == after:
        say("All of this was evaluated before; ask for more --evaluations or another --seed to search on.")
    elif before:
        say(f"{after - before} evaluations are new; {before} lay in the folder before.")


def print_foreseen(estimates: Mapping[str, "Foreseen"]) -> None:
    """What a search would take on each device."""
    for device, work in estimates.items():
        say(
            f"On {device} the search would take {work.evaluations} evaluations, run and baseline together, "
            f"{work.timings} timings or more, about {work.seconds / 60:.1f} min of measuring (learning from it comes "
            f"on top) and about {work.size_bytes / 1e6:.1f} MB."
        )
