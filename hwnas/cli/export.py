"""Hand out a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli._figures import kilobytes, milliseconds
from hwnas.cli._limits import with_limits
from hwnas.cli._options import Data, Force, On, OwnSpace, Preset, RunFolder, Task
from hwnas.cli._printing import baseline_speed, next_command, say, say_place
from hwnas.cli._progress import steps
from hwnas.contracts.errors import InputError
from hwnas.contracts.figures import EXTRA

if TYPE_CHECKING:  # loaded when first used, so that help is quick
    from hwnas.pipeline.selection.limits import Limits


@with_limits
def export(
    run: RunFolder,
    limits: "Limits",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The model file, model.onnx; with --bundle a folder, bundle.")
    ] = None,
    bundle: Annotated[
        bool,
        typer.Option("--bundle", help="Write a folder to deploy: float32, INT8, and a script that re-times both."),
    ] = False,
    device: Annotated[str | None, typer.Option(help="Device string; default: the front's own.")] = None,
    preset: Preset = "normal",
    task: Task = None,
    data: Data = None,
    space: OwnSpace = None,
    full_device: Annotated[
        bool, typer.Option("--full-device", help="Name user, host, serial number and paths in the manifest, too.")
    ] = False,
    for_torch: Annotated[
        bool, typer.Option("--torch", help="Write its tensors (.safetensors) and a program for PyTorch (.pt2), too.")
    ] = False,
    for_transformers: Annotated[
        bool, typer.Option("--pretrained", help="Write a folder that from_pretrained of Hugging Face loads, too.")
    ] = False,
    for_openvino: Annotated[bool, typer.Option("--openvino", help="Write it for OpenVINO (.xml, .bin), too.")] = False,
    open_batch: Annotated[
        bool, typer.Option("--open-batch", help="Write it for any number of examples per run (.batch.onnx), too.")
    ] = False,
    float16: Annotated[
        bool, typer.Option("--float16", help="Write it in half precision (.float16.onnx), too.")
    ] = False,
    opset: Annotated[
        int | None, typer.Option(help="Write it in another opset of ONNX (such as .opset17.onnx for 17), too.")
    ] = None,
    on: On = "cpu",
    force: Force = False,
) -> None:
    """Export the most accurate sub-network within a budget, re-timed now, with its manifest.

    Example: hwnas export runs/fashion --max-latency 0.2ms -o model.onnx
    """
    from hwnas.contracts.shown import with_interval
    from hwnas.devices import open_stored
    from hwnas.export.forms import FORMS
    from hwnas.pipeline.bundle import FLOAT32, write_bundle
    from hwnas.pipeline.delivery.front import Front
    from hwnas.pipeline.study import open_study

    asked = {
        "torch": for_torch, "pretrained": for_transformers, "openvino": for_openvino, "open_batch": open_batch,
        "float16": float16, f"opset{opset}": opset is not None,
    }  # fmt: skip
    also = [name for name, wanted in asked.items() if wanted]
    if bundle and also:
        raise InputError(f"A bundle holds no files for {also[0]}; export that without --bundle.")
    front_file = run / "front.json"
    target = device or str(Front.read(front_file).device["device"])
    with steps() as progress:
        opened = device or open_stored(target, front_file)
        study = open_study(run, opened, task, data, preset=preset, progress=progress, space=space, on=on)
        if bundle:
            folder = output or Path("bundle")
            bundled = write_bundle(study, folder, limits, force=force, full_device=full_device)
            model, manifest = folder / FLOAT32, bundled.float32
        else:
            model = output or Path("model.onnx")
            manifest = study.deliver(study.front(), model, limits, force=force, full_device=full_device, also=also)
    worth = with_interval(manifest.figure.objective, manifest.score, manifest.score_interval)
    say(f"{model}: {kilobytes(manifest.size_bytes)}, {manifest.figure.name} {worth}")
    recorded = not study.device.card().timed
    if manifest.latency_ms and manifest.latency_ms_interval:
        how = "Not timed, but taken from" if recorded else "Timed just now on"
        say(
            f"{how} {target}: {milliseconds(manifest.latency_ms)}, 95 % interval up to "
            f"{milliseconds(manifest.latency_ms_interval[1])}."
        )
    baseline_speed(manifest.slower_then)
    say(manifest.level.words())
    if limits.latency_ms and manifest.latency_ms_at_slowest:
        say(
            f"The budget is kept at the slowest speed remembered, where it takes up to "
            f"{milliseconds(manifest.latency_ms_at_slowest)}."
        )
    if manifest.selection is not None and manifest.selection.slower_equals:
        say(
            f"{manifest.selection.slower_equals} slower ones have a better expected {manifest.figure.name} by less "
            "than its standard error, which counts as equal: the faster one is handed out."
        )
    if manifest.extra:
        told = (f"{EXTRA[name].what} {EXTRA[name].unit.shown(value)}" for name, value in manifest.extra.items())
        say(f"The device also tells: {', '.join(told)}.")
    say_place("Manifest", model.with_suffix(".json"))
    for name in also:
        for place in filter(Path.is_file, FORMS[name].paths(model)):  # not every model has all of them
            say_place(f"As {name}", place)
    if bundle:
        say(bundled.sentence)
        if bundled.int8 is not None and bundled.int8.latency_ms:
            say(f"INT8 takes {milliseconds(bundled.int8.latency_ms)}, {kilobytes(bundled.int8.size_bytes)}.")
        recheck = ("python", folder / "recheck.py")
        next_command(recheck, "wherever the folder is copied; needs numpy and onnxruntime")
        return
    budget = f"{limits.latency_ms:g}ms" if limits.latency_ms else f"{(manifest.latency_ms or 1) * 1.1:.3g}ms"
    checked_on = "THE_DEVICE_ITSELF" if recorded else target
    check = ("hwnas", "check", model, "--device", checked_on, "--max-latency", budget)
    next_command(check, "check it in CI")
