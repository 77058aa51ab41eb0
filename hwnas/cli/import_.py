"""Import a table somebody else published."""

from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli._figures import milliseconds
from hwnas.cli._options import Force
from hwnas.cli._printing import next_command, say, say_place
from hwnas.contracts.finding import names


def import_(
    file: Annotated[Path, typer.Argument(help="The published file: YAML, JSON or CSV, also .gz.", show_default=False)],
    output: Annotated[Path, typer.Option("--out", "-o", help="File of the latency table.")],
    form: Annotated[
        str | None, typer.Option("--format", help=f"Its format, else recognised: {', '.join(names('formats'))}.")
    ] = None,
    table: Annotated[str | None, typer.Option(help="Which table of the file, such as a device.")] = None,
    unit: Annotated[str | None, typer.Option(help="Unit of its times, if the file does not say.")] = None,
    space: Annotated[str | None, typer.Option(help="Search space, if the file does not say.")] = None,
    device: Annotated[str | None, typer.Option(help="Name of the device it was measured on.")] = None,
    choice: Annotated[list[str] | None, typer.Option(help="Column of a CSV that is a choice; repeatable.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Column of a CSV to leave out; repeatable.")] = None,
    force: Force = False,
) -> None:
    """Import a published latency table, to search it with --device table:FILE.

    Example: hwnas import note10.yaml --out note10.json
    """
    from hwnas.pipeline.tables.import_table import Importing, import_table

    asked = Importing(file, form, table, unit, space, device, choices=choice or (), ignored=ignore or ())
    imported = import_table(asked, output, force=force)
    assert imported.source is not None  # noqa: S101  it has just been made
    latencies = sorted(row.latency_ms for row in imported.rows)
    summed = f", summed from {len(imported.parts)} operators" if imported.parts else ""
    say(
        f"{len(imported.rows)} architectures of {imported.space.name} on {imported.device.processor}{summed}: "
        f"{milliseconds(latencies[0])} to {milliseconds(latencies[-1])} ({imported.source.format})."
    )
    for note in imported.source.notes:
        say(note)
    say_place("Table", output)
    say(imported.verdict.advice)
    next_command(("hwnas", "predict", output, "--architectures", output), "predict what it holds, and more")
