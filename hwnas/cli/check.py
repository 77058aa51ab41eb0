"""Check a model against a budget, for CI."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli._again import given
from hwnas.cli._ending import exit_code_of
from hwnas.cli._figures import milliseconds
from hwnas.cli._options import Device, Force, Preset
from hwnas.cli._printing import baseline_speed, next_command, say, say_json
from hwnas.cli._progress import steps
from hwnas.cli._units import parse_latency_ms, parse_shapes
from hwnas.contracts.errors import PromiseError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.outputs import outputs

if TYPE_CHECKING:
    from hwnas.pipeline.delivery.check import Checked


def check(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="An ONNX file.", show_default=False)],
    max_latency: Annotated[str, typer.Option(help="Latency budget with its unit, such as 2ms.")],
    device: Device = "cpu",
    baseline: Annotated[Path | None, typer.Option(help="A model that it must not be slower than.")] = None,
    preset: Preset = "normal",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit XML file.")] = None,
    shape: Annotated[
        list[str] | None, typer.Option(help="Sizes of an input the file leaves open: x=1x3x224x224; repeatable.")
    ] = None,
    inputs: Annotated[
        Path | None, typer.Option("--input", help="Input data, .npz or .npy, if random numbers will not do.")
    ] = None,
    force: Force = False,
) -> None:
    """Time a model now and say whether it keeps a budget: exit code 0 if it does, 1 if not.

    A model whose input sizes are open needs --shape. With a baseline both are timed in turns, and being slower, beyond
    doubt, breaks the promise too. Outputs that are not finite break it as well. Where nothing can be told, as on a
    machine that is too busy, the exit code is 3. JSON and JUnit are written also of a check that came to no answer.

    Example: hwnas check model.onnx --device cpu --max-latency 2ms
    """
    from hwnas.pipeline.delivery.check import check_model, junit_of_error, junit_xml

    with outputs([] if junit is None else [junit], force=force):
        try:
            with steps() as progress:
                found = check_model(
                    model, device, parse_latency_ms(max_latency), preset, baseline, shapes=parse_shapes(shape or []),
                    inputs=inputs, progress=progress,
                )  # fmt: skip
        except Exception as error:
            if as_json:
                said = {"error": str(error) or type(error).__name__, "exit_code": exit_code_of(error)}
                say_json({"model": str(model), "kept": None, **said})
            if junit is not None:
                write_atomic(junit, junit_of_error(model, device, error))
            raise
        if junit is not None:
            write_atomic(junit, junit_xml(found))
    if as_json:
        say_json(found.to_dict())
    else:
        _say_found(found, device)
    if found.broken:
        raise PromiseError(" ".join(found.broken))
    if not as_json:
        next_command([*given(context), "--json"], "the same for scripts")


def _say_found(checked: "Checked", device: str) -> None:
    say(
        f"{checked.model} on {device}: {milliseconds(checked.latency_ms)} (95 % interval "
        f"{milliseconds(checked.latency_ms_interval[0])} to {milliseconds(checked.latency_ms_interval[1])}), budget "
        f"{milliseconds(checked.budget_ms)}: {'broken' if checked.over_ms > 0 else 'kept'}."
    )
    fed = "random values" if checked.inputs is None else checked.inputs
    if checked.shapes:
        say(f"Inputs: {checked.shapes_in_words()} ({fed}).")
    if checked.wall_ms is not None:
        say(f"That is processor time; by the clock it took {milliseconds(checked.wall_ms)}.")
    if checked.baseline is not None:
        low, high = checked.baseline.ratio_interval
        say(
            f"It takes {checked.baseline.ratio:.3f} times as long as {checked.baseline.model} "
            f"(95 % interval {low:.3f} to {high:.3f})."
        )
    baseline_speed(checked.slower)
    say(f"The timing is {checked.verdict}. {checked.advice}")
    say(checked.level.words())
    if checked.over_ms == 0 and checked.level.at_slowest_ms(checked.latency_ms_interval[1]) > checked.budget_ms:
        say("At the slowest speed remembered of the device the budget would not be kept.")
    if checked.unseen is not None:
        say(checked.unseen)
