"""Where a model's time goes on a device, and what would save some."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices import open_device
from hwnas.devices._session import Operation
from hwnas.devices._wrapped import operations_of
from hwnas.export import manifest as manifests
from hwnas.export.writer import write_onnx
from hwnas.pipeline._measuring import Progress, network_of
from hwnas.pipeline.cliffs import learn_cliffs
from hwnas.pipeline.opening import open_space
from hwnas.profiling.cliffs import Cliffs
from hwnas.profiling.presets import find_preset
from hwnas.profiling.stopwatch import time_models

LOOKING, COMPARING = "looking inside", "timing it against others"


@dataclass(frozen=True)
class Part:
    """One operation, or all of a kind: its share of the time, in ms on the scale of the whole model's latency."""

    name: str
    kind: str
    latency_ms: float
    share: float


@dataclass(frozen=True)
class Other:
    """Another model timed in turns with it: how many times its latency, and what going there saves, in ms."""

    name: str
    ratio: float
    saves_ms: float


@dataclass(frozen=True)
class Width:
    """A layer whose outputs are not a multiple the device likes: it takes the time of `padded` channels."""

    name: str
    width: int
    padded: int


@dataclass(frozen=True)
class Explanation:
    """All of it; `operations` and `kinds` by falling time, `changes` by falling saving."""

    model: str
    device: str
    latency_ms: float
    latency_ms_interval: tuple[float, float]
    operations: tuple[Part, ...]
    kinds: tuple[Part, ...]
    others: tuple[Other, ...]
    changes: tuple[Other, ...]
    multiple: int
    widths: tuple[Width, ...]
    verdict: str

    def to_dict(self) -> dict[str, object]:
        """Plain JSON-able fields."""
        return asdict(self)


def explain_model(
    path: Path, device: str, *, against: Sequence[Path], space: str | None, preset: str, progress: Progress
) -> Explanation:
    """Look into a model; with the space of its architecture (from its manifest), also at what one change would do.

    Raises:
        InputError: a file is missing, or the manifest names no architecture of `space`.
        DeviceError: the device fails, or cannot look inside a run.
    """
    for file in (path, *against):
        if not file.is_file():
            raise InputError(f"No model at {file}: expected an ONNX file; check the path.")
    searched = None if space is None else open_space(space)
    architecture = None if searched is None else _architecture(path, searched)
    target = open_device(device)
    operations = operations_of(target, path)
    progress(LOOKING, 1, 1)
    cliffs = learn_cliffs(target, "rapid", progress)
    with tempfile.TemporaryDirectory(prefix="hwnas-") as folder:
        relatives = _relatives(searched, architecture, Path(folder)) if searched and architecture else {}
        models = {str(file): file for file in against} | relatives
        profile = time_models(
            target, [path, *models.values()], path, find_preset(preset),
            progress=lambda done, total: progress(COMPARING, done, total),
        )  # fmt: skip
    own, *others = profile.latencies
    compared = [
        Other(name, found.latency_ms / own.latency_ms, own.latency_ms - found.latency_ms)
        for name, found in zip(models, others, strict=True)
    ]
    changes = sorted((other for other in compared if "->" in other.name), key=lambda other: -other.saves_ms)
    parts = _parts(operations, own.latency_ms)
    return Explanation(
        str(path), target.card().device, own.latency_ms, (own.low_ms, own.high_ms), tuple(parts), tuple(_kinds(parts)),
        tuple(other for other in compared if "->" not in other.name), tuple(changes), cliffs.multiple,
        tuple(_off_multiples(operations, cliffs)), f"{profile.verdict.state}. {profile.verdict.advice}",
    )  # fmt: skip


def neighbours(space: SearchSpace, architecture: Architecture) -> dict[str, Architecture]:
    """Architectures one step smaller in one ordered choice, by the words for the step, ``choice: from -> to``."""
    genome = space.encode(architecture)
    found = {}
    for i, choice in enumerate(space.choices):
        if choice.ordered and choice.name in architecture and genome[i] > 0:
            smaller = genome.copy()
            smaller[i] -= 1
            words = f"{choice.name}: {choice.options[genome[i]]} -> {choice.options[smaller[i]]}"
            found[words] = space.decode(space.canonical(smaller[None])[0])
    return found


def _architecture(path: Path, space: SearchSpace) -> Architecture:
    if not manifests.manifest_path(path).is_file():
        raise InputError(f"{path} has no manifest that tells its architecture; leave --space out, or export it again.")
    return space.architecture(manifests.verify(path).architecture)


def _relatives(space: SearchSpace, architecture: Architecture, folder: Path) -> dict[str, Path]:
    named = {"the largest sub-network": space.largest, **neighbours(space, architecture)}
    return {
        name: write_onnx(network_of(space, relative), space.inputs, folder / f"{i}.onnx")
        for i, (name, relative) in enumerate(named.items())
    }


def _parts(operations: Sequence[Operation], latency_ms: float) -> list[Part]:
    """Profiling slows a run, so its shares are laid over the latency that was timed without it."""
    total = sum(operation["time_ms"] for operation in operations) or 1.0
    found = [Part(o["name"], _kind(o), o["time_ms"] / total * latency_ms, o["time_ms"] / total) for o in operations]
    return sorted(found, key=lambda part: -part.latency_ms)


def _kinds(parts: Sequence[Part]) -> list[Part]:
    found: dict[str, Part] = {}
    for part in parts:
        before = found.get(part.kind, Part(part.kind, part.kind, 0.0, 0.0))
        found[part.kind] = Part(part.kind, part.kind, before.latency_ms + part.latency_ms, before.share + part.share)
    return sorted(found.values(), key=lambda part: -part.latency_ms)


def _kind(operation: Operation) -> str:
    """Convolutions by their kernel, and whether each channel is on its own; others by their operator."""
    weights = operation["weights"]
    if "Conv" not in operation["kind"] or len(weights) != 4:
        return operation["kind"]
    size = "x".join(map(str, weights[2:]))
    alone = weights[1] == 1 and weights[0] > 1
    return f"{operation['kind']} {size}{' depthwise' if alone else ''}"


def _off_multiples(operations: Sequence[Operation], cliffs: Cliffs) -> list[Width]:
    """Convolutions and matrix products whose output channels the device has to pad."""
    found = []
    for operation in operations:
        shape = operation["outputs"]
        if len(operation["weights"]) < 2 or len(shape) < 2:
            continue
        width = shape[1] if len(shape) == 4 else shape[-1]
        if cliffs.padded(width) != width:
            found.append(Width(operation["name"], width, cliffs.padded(width)))
    return sorted(found, key=lambda w: w.width / w.padded)
