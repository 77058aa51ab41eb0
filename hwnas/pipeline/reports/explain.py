"""Where a model's time goes on a device, and what would save some."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from math import hypot
from pathlib import Path

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.space_record import SpaceRecord
from hwnas.contracts.temporary import temporary_folder
from hwnas.devices import open_device
from hwnas.devices._session import Operation
from hwnas.devices._wrapped import operations_of
from hwnas.export import manifest as manifests
from hwnas.export.architecture import write_architecture
from hwnas.export.model_file import models_to_blame, read_model
from hwnas.export.widths import widths_of
from hwnas.pipeline.open import space_at, space_of
from hwnas.pipeline.tables.cliffs import learn_cliffs
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.profiling.cliffs import Cliffs
from hwnas.profiling.estimate import Latency
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
    """Another model timed in turns with it: how many times its latency, and what going there saves, in ms, with a
    95 % interval.
    """

    name: str
    ratio: float
    saves_ms: float
    saves_ms_interval: tuple[float, float]


@dataclass(frozen=True)
class Width:
    """A layer whose outputs are not a multiple the device likes: it takes the time of `padded` channels."""

    name: str
    width: int
    padded: int


@dataclass(frozen=True)
class Explanation:
    """All of it; `operations` and `kinds` by falling time, `changes` by falling saving.

    Widths are good that are a multiple of `multiple`; None: the timing that tells, of which `likes` says how far it
    can be trusted, was unusable. Of the `layers` whose width the model's file tells, those in `widths` are not good.
    """

    model: str
    device: str
    latency_ms: float
    latency_ms_interval: tuple[float, float]
    operations: tuple[Part, ...]
    kinds: tuple[Part, ...]
    others: tuple[Other, ...]
    changes: tuple[Other, ...]
    multiple: int | None
    likes: str
    layers: int
    widths: tuple[Width, ...]
    verdict: str

    def to_dict(self) -> dict[str, object]:
        """Plain JSON-able fields."""
        return asdict(self)


def explain_model(
    path: Path, device: str, *, against: Sequence[Path], space: str | None, preset: str, progress: Progress
) -> Explanation:
    """Look into a model; where its manifest tells the architecture and its space, also at what one change would do.

    `space` is another name for that space, or a run's folder, for a manifest that does not tell it.

    Raises:
        InputError: a file is missing or no model, or the manifest names no architecture of `space`.
        DeviceError: the device fails, or cannot look inside a run.
    """
    for file in (path, *against):
        read_model(file)
    member = _told(path) if space is None else _asked(path, space)
    target = open_device(device)
    with models_to_blame([path]):
        operations = operations_of(target, path)
    widths = widths_of(path)
    progress(LOOKING, 1, 1)
    cliffs, trust = learn_cliffs(target, "rapid", progress)
    usable = trust.state != "unusable"
    with temporary_folder() as folder:
        relatives = _relatives(*member, folder) if member else {}
        models = {str(file): file for file in against} | relatives
        with models_to_blame(against):
            profile = time_models(
                target, [path, *models.values()], path, find_preset(preset),
                progress=lambda done, total: progress(COMPARING, done, total),
            )  # fmt: skip
    own, *others = profile.latencies
    compared = [_beside(own, name, timed) for name, timed in zip(models, others, strict=True)]
    changes = sorted((other for other in compared if "->" in other.name), key=lambda other: -other.saves_ms)
    parts = _parts(operations, own.latency_ms)
    return Explanation(
        str(path), target.card().device, own.latency_ms, (own.low_ms, own.high_ms), tuple(parts), tuple(_kinds(parts)),
        tuple(other for other in compared if "->" not in other.name), tuple(changes),
        cliffs.multiple if usable else None, f"{trust.state}. {trust.advice}", len(widths),
        tuple(off_multiples(widths, cliffs) if usable else ()), f"{profile.verdict.state}. {profile.verdict.advice}",
    )  # fmt: skip


def neighbours(space: SearchSpace, architecture: Architecture) -> dict[str, Architecture]:
    """Architectures that differ in one choice, one step smaller if it is ordered, else by any other option of it; by
    the words for the change, ``choice: from -> to``.
    """
    genome = space.encode(architecture)
    changes = {}
    for i, choice in enumerate(space.choices):
        if choice.name not in architecture:
            continue
        here = int(genome[i])
        for there in range(max(0, here - 1), here) if choice.ordered else range(len(choice.options)):
            if there != here:
                changed = genome.copy()
                changed[i] = there
                words = f"{choice.name}: {choice.options[here]} -> {choice.options[there]}"
                changes[words] = space.decode(space.canonical(changed[None])[0])
    return changes


def off_multiples(widths: Mapping[str, int], cliffs: Cliffs) -> list[Width]:
    """Layers, from their widths by name, whose output channels the device has to pad; the worst first."""
    padded_widths = [Width(name, width, cliffs.padded(width)) for name, width in widths.items()]
    return sorted((w for w in padded_widths if w.padded != w.width), key=lambda w: w.width / w.padded)


def _asked(path: Path, space: str) -> tuple[SearchSpace, Architecture]:
    """The space that was asked for, and the model's architecture in it."""
    searched = space_at(space)
    if not manifests.manifest_path(path).is_file():
        raise InputError(f"{path} has no manifest that tells its architecture; leave --space out, or export it again.")
    return searched, searched.architecture(manifests.verify(path).architecture)


def _told(path: Path) -> tuple[SearchSpace, Architecture] | None:
    """The same as the manifest has it; None without one that says it of this very file, in a space that is known, and
    of INT8, since what the space builds is float32.
    """
    with suppress(InputError):
        promised = manifests.verify(path)
        if promised.space is not None and promised.precision == "float32":
            searched = space_of(promised.space.name, promised.space.parameters)
            if promised.space == SpaceRecord.of(searched):
                return searched, searched.architecture(promised.architecture)
    return None


def _beside(own: Latency, name: str, other: Latency) -> Other:
    saves_ms = own.latency_ms - other.latency_ms
    known_to_ms = hypot(own.high_ms - own.low_ms, other.high_ms - other.low_ms) / 2
    return Other(name, other.latency_ms / own.latency_ms, saves_ms, (saves_ms - known_to_ms, saves_ms + known_to_ms))


def _relatives(space: SearchSpace, architecture: Architecture, folder: Path) -> dict[str, Path]:
    named = {"the largest sub-network": space.largest, **neighbours(space, architecture)}
    return {
        name: write_architecture(space, relative, folder / f"{i}.onnx")
        for i, (name, relative) in enumerate(named.items())
    }


def _parts(operations: Sequence[Operation], latency_ms: float) -> list[Part]:
    """Profiling slows a run, so its shares are laid over the latency that was timed without it."""
    total = sum(operation["time_ms"] for operation in operations) or 1.0
    parts = [Part(o["name"], _kind(o), o["time_ms"] / total * latency_ms, o["time_ms"] / total) for o in operations]
    return sorted(parts, key=lambda part: -part.latency_ms)


def _kinds(parts: Sequence[Part]) -> list[Part]:
    by_kind: dict[str, Part] = {}
    for part in parts:
        before = by_kind.get(part.kind, Part(part.kind, part.kind, 0.0, 0.0))
        by_kind[part.kind] = Part(part.kind, part.kind, before.latency_ms + part.latency_ms, before.share + part.share)
    return sorted(by_kind.values(), key=lambda part: -part.latency_ms)


def _kind(operation: Operation) -> str:
    """Convolutions by their kernel, and whether each channel is on its own; others by their operator."""
    weights = operation["weights"]
    if "Conv" not in operation["kind"] or len(weights) != 4:
        return operation["kind"]
    size = "x".join(map(str, weights[2:]))
    alone = weights[1] == 1 and weights[0] > 1
    return f"{operation['kind']} {size}{' depthwise' if alone else ''}"
