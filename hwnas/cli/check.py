"""Check models against a budget, for CI, or time them side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli._again import given
from hwnas.cli._ending import exit_code_of
from hwnas.cli._figures import kilobytes, milliseconds
from hwnas.cli._options import Device, Force, Preset
from hwnas.cli._printing import baseline_speed, next_command, say, say_json, table
from hwnas.cli._progress import steps
from hwnas.cli._units import parse_latency_ms, parse_shapes
from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.outputs import outputs

if TYPE_CHECKING:
    from hwnas.pipeline.delivery.check import Checked
    from hwnas.pipeline.measure import SideBySide


def check(
    context: typer.Context,
    models: Annotated[list[Path], typer.Argument(help="ONNX files.", show_default=False)],
    max_latency: Annotated[
        str | None, typer.Option(help="Latency budget with its unit, such as 2ms; without it they are only timed.")
    ] = None,
    device: Device = "cpu",
    baseline: Annotated[Path | None, typer.Option(help="A model that none must be slower than.")] = None,
    preset: Preset = "normal",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit XML file.")] = None,
    shape: Annotated[
        list[str] | None, typer.Option(help="Sizes of an input the file leaves open: x=1x3x224x224; repeatable.")
    ] = None,
    inputs: Annotated[
        Path | None, typer.Option("--input", help="Input data, .npz or .npy, if random numbers will not do.")
    ] = None,
    force: Force = False,
) -> None:
    """Time models now and say whether they keep a budget: exit code 0 if all do, 1 if not; or only side by side.

    A model whose input sizes are open needs --shape. With a baseline both are timed in turns, and being slower, beyond
    doubt, breaks the promise too. Outputs that are not finite break it as well. Where nothing can be told, as on a
    machine that is too busy, the exit code is 3. JSON and JUnit are written also of a check that came to no answer.
    Without --max-latency the models are timed in turns, and compared with the first.

    Example: hwnas check model.onnx --device cpu --max-latency 2ms
    """
    from hwnas.pipeline.delivery.check import check_model, junit_of_error, junit_xml, verified
    from hwnas.pipeline.measure import measure

    shapes = parse_shapes(shape or [])
    if max_latency is None:
        if baseline is not None or junit is not None:
            raise InputError(
                "A promise needs --max-latency, got none with --baseline or --junit; files named one after the other "
                "are compared without it."
            )
        with steps() as progress:
            timed = measure(models, device, preset=preset, shapes=shapes, inputs=inputs, progress=progress)
        if as_json:
            say_json(timed.to_dict())
        else:
            _say_timed(timed, device)
            next_command([*given(context), "--max-latency", _budget(timed)], "let a script decide")
        return
    budget_ms = parse_latency_ms(max_latency)
    checks: list[Checked] = []
    with outputs([] if junit is None else [junit], force=force):
        model = models[0]
        try:
            for model in models:
                verified(model)
            for model in models:
                with steps() as progress:
                    checks.append(
                        check_model(
                            model, device, budget_ms, preset, baseline, shapes=shapes, inputs=inputs, progress=progress
                        )
                    )
        except Exception as error:
            if as_json:
                said = {"error": str(error) or type(error).__name__, "exit_code": exit_code_of(error)}
                _say_json([*(each.to_dict() for each in checks), {"model": str(model), "kept": None, **said}])
            if junit is not None:
                write_atomic(junit, junit_of_error(model, device, error, checks))
            raise
        if junit is not None:
            write_atomic(junit, junit_xml(checks))
    _end(checks, device, as_json=as_json)
    if not as_json:
        next_command([*given(context), "--json"], "the same for scripts")


def _end(checks: list["Checked"], device: str, *, as_json: bool) -> None:
    """Say what came of them."""
    if as_json:
        _say_json([each.to_dict() for each in checks])
    else:
        for each in checks:
            _say_found(each, device)
    if broken := [sentence for each in checks for sentence in each.broken]:
        raise PromiseError(" ".join(broken))


def _say_json(checks: list[dict[str, object]]) -> None:
    """One object of one model, a list of several."""
    say_json(checks[0] if len(checks) == 1 else checks)


def _budget(timed: "SideBySide") -> str:
    """What the slowest keeps, with something to spare."""
    return f"{max(model.latency_ms_interval[1] for model in timed.models) * 1.1:.3g}ms"


def _say_timed(timed: "SideBySide", device: str) -> None:
    table(
        f"{several} models in turns on {device}" if (several := len(timed.models)) > 1 else f"One model on {device}",
        ("model", "latency, ms (95 %)", "beside the first (95 %)", "size"),
        [
            (
                model.model,
                f"{model.latency_ms:.3g} ({model.latency_ms_interval[0]:.3g}-{model.latency_ms_interval[1]:.3g})",
                f"{model.times:.3f}x ({model.times_interval[0]:.3f}-{model.times_interval[1]:.3f})" if i else "1",
                kilobytes(model.size_bytes),
            )
            for i, model in enumerate(timed.models)
        ],
    )
    say(f"The timing is {timed.verdict}. {timed.advice}")
    say(timed.level.words())


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
