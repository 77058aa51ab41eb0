"""Any ONNX files side by side on a device: how long each takes, and beside the first."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from hwnas.contracts.device import Device
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.level import Level
from hwnas.contracts.places import expanded
from hwnas.devices import open_device
from hwnas.export.model_file import size_bytes
from hwnas.export.settled import read_values, settled
from hwnas.pipeline.delivery.check import refuse_own_inputs, refuse_quota
from hwnas.pipeline.study import silent
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.profiling.estimate import in_next_session, other_session
from hwnas.profiling.presets import find_preset
from hwnas.profiling.remember import remember
from hwnas.profiling.stopwatch import time_models

TIMING = "timing in turns"


@dataclass(frozen=True)
class Measured:
    """One file's figures.

    Args:
        model: its file.
        latency_ms: median time of one run, in this session.
        latency_ms_interval: where 95 % of another session's timings are, as far as the level of the device tells.
        times: how many times as long as the first file it takes, timed in turns: the machine's own speed cancels.
        times_interval: 95 %.
        size_bytes: of the file, with those beside it that hold its weights.
        shapes: of its inputs, by name, as it was run.
    """

    model: str
    latency_ms: float
    latency_ms_interval: tuple[float, float]
    times: float
    times_interval: tuple[float, float]
    size_bytes: int
    shapes: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class SideBySide:
    """What came of a session.

    Args:
        device: the device card.
        models: in the order that they were given in.
        verdict: how far the timing can be trusted, in one word.
        advice: the same in a sentence.
        level: what is known of the device's own speed.
    """

    device: dict[str, object]
    models: tuple[Measured, ...]
    verdict: str
    advice: str
    level: Level

    def to_dict(self) -> dict[str, object]:
        """Plain JSON-able fields."""
        return asdict(self)


def measure(
    models: Path | str | Iterable[Path | str],
    device: Device | str = "cpu",
    *,
    preset: str = "normal",
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    inputs: Path | str | Mapping[str, np.ndarray] | None = None,
    progress: Progress = silent,
) -> SideBySide:
    """Time ONNX files in interleaved rounds on a device.

    Args:
        models: one file or more, each once.
        device: a device string or a device.
        preset: how thoroughly to time: ``rapid``, ``normal`` or ``thorough``.
        shapes: of inputs whose sizes files leave open, by name; for an only input the name may be empty.
        inputs: what to feed them, by name or in an ``.npz``, where they take no random numbers.
        progress: told of every timing.

    Raises:
        InputError: a file is missing, no model, or there twice; or more than its batch is open.
        DeviceError: the device fails or refuses a file, or the timing is unusable.
    """
    paths = [expanded(path) for path in ([models] if isinstance(models, Path | str) else models)]
    missing = [path for path in paths if not path.is_file()]
    if missing or not paths:
        raise InputError(f"Expected ONNX files to time, got {f'none at {missing[0]}' if paths else 'none'}; name some.")
    if twice := [path for i, path in enumerate(paths) if path in paths[:i]]:
        raise InputError(f"{twice[0]} is named twice; name each file once.")
    target = open_device(device) if isinstance(device, str) else device
    refuse_quota(target.card())
    values = read_values(expanded(inputs)) if isinstance(inputs, Path | str) else inputs
    with ExitStack() as stack:
        files, sizes = zip(*(stack.enter_context(settled(path, shapes, values)) for path in paths), strict=True)
        if values is not None:
            refuse_own_inputs(target, files[0])
        profile = time_models(
            target, files, files[0], find_preset(preset), progress=lambda done, total: progress(TIMING, done, total)
        )
        if profile.verdict.state == "unusable":
            raise DeviceError(f"How long these files take cannot be told now: {profile.verdict.advice}")
        level = remember(target, files[0], profile)
    first_ms = profile.scale.reference_ms
    timed = []
    for path, shape, latency in zip(paths, sizes, profile.latencies, strict=True):
        later = in_next_session(other_session(latency), level)
        timed.append(
            Measured(
                str(path), latency.latency_ms, (later.low_ms, later.high_ms), latency.latency_ms / first_ms,
                (latency.low_ms / first_ms, latency.high_ms / first_ms), size_bytes(path), shape,
            )
        )  # fmt: skip
    verdict = profile.verdict
    return SideBySide(target.card().to_dict(), tuple(timed), verdict.state, verdict.advice, level)
