"""Explain a model's latency."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli._options import Device, Preset
from hwnas.cli._printing import milliseconds, next_command, out, percent, steps, table


def explain(
    model: Annotated[Path, typer.Argument(help="An ONNX file.", show_default=False)],
    device: Device = "cpu",
    against: Annotated[list[Path] | None, typer.Option(help="Another model to compare it with; repeatable.")] = None,
    space: Annotated[str | None, typer.Option(help="Space of its architecture, to try changes of it.")] = None,
    preset: Preset = "rapid",
    top: Annotated[int, typer.Option(min=1, help="Rows of each table.")] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say where a model's time goes, which widths the device pads, and, with its space, what one change would save.

    Example: hwnas explain model.onnx --device cpu --space mobilenetv3_grey28
    """
    from hwnas.pipeline.explaining import explain_model

    with steps() as progress:
        found = explain_model(model, device, against=against or [], space=space, preset=preset, progress=progress)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=1))
        return
    out.print(f"{model} on {found.device}: {milliseconds(found.latency_ms)}. The timing is {found.verdict}")
    for title, parts in (("By kind of operation", found.kinds), ("By operation", found.operations)):
        rows = [(p.name, p.kind, milliseconds(p.latency_ms), percent(p.share)) for p in parts[:top]]
        table(title, ("operation", "kind", "time", "share"), rows)
    compared = [(other.name, f"{other.ratio:.3f}", milliseconds(other.saves_ms)) for other in found.others]
    if compared:
        table("Against others", ("model", "times as long", "saves"), compared)
    if found.changes:
        saving = [(c.name, f"{c.ratio:.3f}", milliseconds(c.saves_ms)) for c in found.changes[:top]]
        table("What one change would save", ("change", "times as long", "saves"), saving)
    if found.widths:
        padded = [(w.name, str(w.width), str(w.padded)) for w in found.widths[:top]]
        table(f"Widths that are no multiple of {found.multiple}", ("operation", "width", "takes the time of"), padded)
    else:
        out.print(f"All widths are multiples of {found.multiple}, which this device likes.")
    budget = f"{found.latency_ms * 1.1:.3g}ms"
    next_command(("hwnas", "check", model, "--device", device, "--max-latency", budget), "hold it to that")
