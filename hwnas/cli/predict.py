"""Predict latencies from a table."""

from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli._again import given
from hwnas.cli._figures import milliseconds, percent
from hwnas.cli._options import Seed, TransferFrom
from hwnas.cli._printing import next_command, say, say_json
from hwnas.cli._printing import table as print_table
from hwnas.cli._progress import steps


def predict(
    context: typer.Context,
    table: Annotated[Path, typer.Argument(help="A latency table, see `hwnas profile`.", show_default=False)],
    architectures: Annotated[Path, typer.Option(help="JSON file with a list of architectures.")],
    seed: Seed = 0,
    transfer_from: TransferFrom = None,
    device: Annotated[
        str | None, typer.Option(help="The table's device, to time its canaries first; this machine is tried anyway.")
    ] = None,
    space: Annotated[
        str | None, typer.Option(help="The table's space, if your own: FILE.py:NAME, or a run's folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list of objects.")] = False,
) -> None:
    """Predict latencies of untimed architectures from a latency table, with intervals.

    Example: hwnas predict cpu.json --architectures mine.json
    """
    from hwnas.pipeline.predictions.from_table import predict_latencies

    with steps() as progress:
        predicted = predict_latencies(table, architectures, seed, transfer_from or (), device, progress, space)
    if as_json:
        say_json([guess.to_dict() for guess in predicted.guesses], indent=1)
        return
    confidence = predicted.guesses[0].confidence
    where = predicted.table.device
    beside = "" if where.processor == where.device else f" ({where.processor})"
    print_table(
        f"Predicted for {where.device}{beside}",
        ("architecture", "latency", "interval" if confidence is None else f"{100 * confidence:.0f} % interval"),
        [
            (g.architecture.key, milliseconds(g.latency_ms), " to ".join(map(milliseconds, g.latency_ms_interval)))
            if g.confidence is not None
            else (g.architecture.key, milliseconds(g.latency_ms), "unknown")
            for g in predicted.guesses
        ],
    )
    if predicted.age is not None:
        say(predicted.age)
    card = predicted.card
    if card is None and not predicted.table.parts:
        say(f"Nothing is predicted: the table has all {len(predicted.table.rows)} sub-networks of the space.")
    elif card is None:
        say(f"Each is the sum of its operators in the table, which has {len(predicted.table.parts)}.")
    else:
        say(
            f"On held-out rows of the table: mean error {percent(card.mean_error)}, Kendall tau "
            f"{card.kendall_tau:.2f}, intervals cover {percent(card.interval_coverage)} ({card.model}, "
            f"{card.samples} rows)."
        )
    say(f"The latency table is {predicted.table.verdict.state}. {predicted.table.verdict.advice}")
    say(predicted.guesses[0].level.words())
    next_command([*given(context), "--json"], "the same for scripts")
