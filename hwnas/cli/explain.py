"""Explain a model's latency."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli._figures import milliseconds, percent
from hwnas.cli._options import Device, Preset
from hwnas.cli._printing import next_command, say, say_json, table
from hwnas.cli._progress import steps

if TYPE_CHECKING:
    from hwnas.pipeline.reports.explain import Explanation, Other


def explain(
    model: Annotated[Path, typer.Argument(help="An ONNX file.", show_default=False)],
    device: Device = "cpu",
    against: Annotated[list[Path] | None, typer.Option(help="Model to compare it with; repeatable.")] = None,
    space: Annotated[
        str | None,
        typer.Option(help="Space of its architecture, or a run's folder, if its manifest does not name the space."),
    ] = None,
    preset: Preset = "rapid",
    top: Annotated[int, typer.Option(min=1, help="Rows of each table.")] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show where a model's time goes, which widths the device pads and, given its space, what each change would save.

    Example: hwnas explain model.onnx --device cpu
    """
    from hwnas.pipeline.reports.explain import explain_model

    with steps() as progress:
        explanation = explain_model(model, device, against=against or [], space=space, preset=preset, progress=progress)
    if as_json:
        say_json(explanation.to_dict(), indent=1)
        return
    say(f"{model} on {explanation.device}: {milliseconds(explanation.latency_ms)}. The timing is {explanation.verdict}")
    for title, parts in (("By kind of operation", explanation.kinds), ("By operation", explanation.operations)):
        rows = [(p.name, p.kind, milliseconds(p.latency_ms), percent(p.share)) for p in parts[:top]]
        table(title, ("operation", "kind", "time", "share"), rows)
    compared = [(other.name, f"{other.ratio:.3f}", _saving(other)) for other in explanation.others]
    if compared:
        table("Against others", ("model", "times as long", "saves (95 %)"), compared)
    if explanation.changes:
        saving = [(c.name, f"{c.ratio:.3f}", _saving(c)) for c in explanation.changes[:top]]
        table("What one change would save", ("change", "times as long", "saves (95 %)"), saving)
    print_widths(explanation, top)
    budget = f"{explanation.latency_ms * 1.1:.3g}ms"
    next_command(("hwnas", "check", model, "--device", device, "--max-latency", budget), "hold it to that")


def _saving(other: "Other") -> str:
    low, high = other.saves_ms_interval
    return f"{other.saves_ms:.3g} ± {(high - low) / 2:.2g} ms"


def print_widths(explained: "Explanation", top: int) -> None:
    """Which layers the device pads, or why that is not known."""
    if explained.multiple is None:
        say("Which widths this device prefers is not known.")
    elif explained.multiple == 1:
        say("On this device no width is faster than its neighbours.")
    elif not explained.layers:
        say(
            f"This device prefers multiples of {explained.multiple}; whether the model's widths are is not known: its "
            "file shows no layer with weights of its own."
        )
    elif explained.widths:
        padded = [(w.name, str(w.width), str(w.padded)) for w in explained.widths[:top]]
        title = f"No multiples of {explained.multiple}: {len(explained.widths)} of {explained.layers}"
        table(title, ("layer", "width", "takes the time of"), padded)
    else:
        say(f"All {explained.layers} widths are multiples of {explained.multiple}, which this device prefers.")
    say(f"The timing of widths is {explained.likes}")
