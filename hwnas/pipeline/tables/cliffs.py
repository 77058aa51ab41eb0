"""Which widths a device likes, learnt by timing."""

import re
from pathlib import Path

import torch
from torch import nn

from hwnas.contracts.device import Device
from hwnas.contracts.errors import DeviceError
from hwnas.contracts.outputs import outputs
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.temporary import temporary_folder
from hwnas.devices import open_device
from hwnas.export.writer import write_onnx
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.profiling.cliffs import Cliffs, find_cliffs
from hwnas.profiling.presets import find_preset
from hwnas.profiling.stopwatch import time_models
from hwnas.profiling.verdict import Verdict
from hwnas.report.cliffs import write_cliffs_svg

WIDTHS = range(33, 81)  # three steps of 16, six of 8
INPUTS, PIXELS = 64, 14  # a pointwise layer in the middle of a network for images
PROBING = "timing widths"


def learn_cliffs(device: Device, preset: str, progress: Progress) -> tuple[Cliffs, Verdict]:
    """Time a pointwise layer at every width of `WIDTHS`; what was learnt, and how far the timing can be trusted.

    Raises:
        DeviceError: the device fails.
    """
    torch.manual_seed(0)
    inputs = [InputSpec("x", (INPUTS, PIXELS, PIXELS))]
    with temporary_folder() as folder:
        paths = [write_onnx(nn.Conv2d(INPUTS, width, 1).eval(), inputs, folder / f"{width}.onnx") for width in WIDTHS]
        profile = time_models(
            device, paths, paths[len(paths) // 2], find_preset(preset),
            progress=lambda done, total: progress(PROBING, done, total),
        )  # fmt: skip
    return find_cliffs(list(WIDTHS), [latency.latency_ms for latency in profile.latencies]), profile.verdict


def picture_cliffs(
    device: str,
    output: Path | None,
    preset: str,
    progress: Progress,
    *,
    even_unusable: bool = False,
    force: bool = False,
) -> tuple[Cliffs, Verdict, Path]:
    """Learn the cliffs of a device and draw them; what was learnt, how far to trust it, and the picture.

    Raises:
        InputError: no such device or preset, or the picture cannot be written.
        DeviceError: the device fails, or the timing is unusable and not wanted even so.
    """
    target = open_device(device)
    path = output or Path(re.sub(r"[^\w.=-]+", "-", f"cliffs-{device}") + ".svg")
    with outputs([path], force=force):
        staircase, verdict = learn_cliffs(target, preset, progress)
        if verdict.state == "unusable" and not even_unusable:
            raise DeviceError(f"The timing of widths is unusable; no picture was written to {path}: {verdict.advice}")
        title = f"Pointwise layer of {INPUTS} inputs on {target.card().device}: steps of {staircase.multiple} channels"
        steps_ms = [staircase.guess_ms(width) for width in staircase.widths]
        write_cliffs_svg(path, title, staircase.widths, staircase.latencies_ms, steps_ms, staircase.multiple)
    return staircase, verdict, path
