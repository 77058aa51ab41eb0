"""What can be searched."""

from typing import Annotated

import typer

from hwnas.cli._figures import milliseconds
from hwnas.cli._printing import next_command, say, table
from hwnas.cli._progress import steps
from hwnas.contracts.finding import usable


def spaces(
    name: Annotated[str | None, typer.Argument(help="A space, to see it in detail.", show_default=False)] = None,
    device: Annotated[str, typer.Option(help="Where to time the three sub-networks of a space.")] = "cpu",
) -> None:
    """List the search spaces, or show one: its choices, and its smallest, middle and largest sub-network.

    Example: hwnas spaces mobilenetv3_grey28
    """
    from hwnas.pipeline.open import open_space

    if name is None:
        rows = []
        for each in usable("spaces"):
            space = open_space(each)
            rows.append(
                (each, str(len(space.choices)), f"{space.count():.3g}", " ".join(str(i.shape) for i in space.inputs))
            )
        table("Search spaces", ("space", "choices", "architectures", "input"), rows)
        next_command(("hwnas", "spaces", rows[0][0]), "see one in detail")
        return
    _show(name, device)


def _show(name: str, device: str) -> None:
    from hwnas.devices import open_device
    from hwnas.pipeline.open import open_space
    from hwnas.pipeline.tables.extremes import time_extremes

    space, target = open_space(name), open_device(device)
    say(f"{name}: {len(space.choices)} choices, {space.count():,} distinct architectures")
    kinds: dict[tuple[str, str], int] = {}
    for choice in space.choices:
        # What a choice for files is about stands first in its name, ``bits.stem``, and last in others, ``stem.width``.
        about = choice.name.partition(".")[0] if choice.name in space.for_files else choice.name.rpartition(".")[2]
        kind = (about, ", ".join(map(str, choice.options)))
        kinds[kind] = kinds.get(kind, 0) + 1
    table("Choices", ("choice", "options", "how many"), [(k, o, str(n)) for (k, o), n in kinds.items()])
    with steps() as progress:
        sized = time_extremes(space, target, progress)
    rows = [
        (f.name, f"{f.params:,.0f}", "?" if f.macs is None else f"{f.macs / 1e6:,.1f} M", milliseconds(f.latency_ms))
        for f in sized
    ]
    table(f"Sub-networks, timed on {device}", ("sub-network", "parameters", "multiply-adds", "latency"), rows)
    next_command(("hwnas", "profile", device, "--space", name), "time many of them, small to large")
