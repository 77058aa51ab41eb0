"""Check a model against a budget, for CI."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli._options import Device, Preset
from hwnas.cli._printing import milliseconds, next_command, out
from hwnas.cli._units import parse_latency_ms
from hwnas.contracts.errors import PromiseError


def check(
    model: Annotated[Path, typer.Argument(help="An ONNX file.", show_default=False)],
    max_latency: Annotated[str, typer.Option(help="Latency budget with its unit, such as 2ms.")],
    device: Device = "cpu",
    preset: Preset = "normal",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Time a model now and say whether it keeps a budget: exit code 0 if it does, 1 if not.

    Example: hwnas check model.onnx --device cpu --max-latency 2ms
    """
    from hwnas.pipeline.checking import check_model

    found = check_model(model, device, parse_latency_ms(max_latency), preset)
    if as_json:
        typer.echo(json.dumps(found.to_dict()))
    else:
        out.print(
            f"{model} on {device}: {milliseconds(found.latency_ms)} (95 % interval "
            f"{milliseconds(found.latency_ms_interval[0])} to {milliseconds(found.latency_ms_interval[1])}), budget "
            f"{milliseconds(found.budget_ms)}: {'kept' if found.kept else 'broken'}."
        )
    if not found.kept:
        over = found.latency_ms_interval[1] - found.budget_ms
        raise PromiseError(f"{model} is over its budget of {max_latency} by {over:.3g} ms (upper end of its interval).")
    if not as_json:
        next_command(
            f"hwnas check {model} --device {device} --max-latency {max_latency} --json", "the same for scripts"
        )
