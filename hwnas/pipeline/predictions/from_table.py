"""Latencies of architectures that were never timed, from a latency table."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Option
from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.files import read_limited, unpacked
from hwnas.contracts.level import Level
from hwnas.contracts.predictor import HonestyCard
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strict_json import strict_json
from hwnas.formats._tabular import TABULAR
from hwnas.pipeline.open import space_at, space_of
from hwnas.pipeline.predictions.all_timed import figures_of
from hwnas.pipeline.predictions.genome_predictor import CONFIDENCE, GenomePredictor
from hwnas.pipeline.predictions.transfer_sources import read_transfer_sources
from hwnas.pipeline.tables.at_hand import ask_canaries
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.profiling.drift import is_old, rescale
from hwnas.profiling.table import LatencyTable
from hwnas.spaces._named import is_named

_ARCHITECTURE = TypeAdapter(dict[str, Option])


@dataclass(frozen=True)
class Predicted:
    """One architecture: a guess in milliseconds, with the interval that holds the truth with that confidence.

    The interval is about another session of the device, as far as its level is known; `relative_error` is that among
    the models of one session, half the interval as a share. Without a confidence it is no guess, but the sum of the
    table's operators, whose own spread is not known.
    """

    architecture: Architecture
    latency_ms: float
    latency_ms_interval: tuple[float, float]
    confidence: float | None
    relative_error: float | None = None
    level: Level = field(default_factory=Level)

    def to_dict(self) -> dict[str, object]:
        """Plain JSON-able fields."""
        return {
            "architecture": dict(self.architecture),
            "key": self.architecture.key,
            "latency_ms": self.latency_ms,
            "latency_ms_interval": list(self.latency_ms_interval),
            "confidence": self.confidence,
            "relative_error": self.relative_error,
            "level": asdict(self.level),
        }


@dataclass(frozen=True)
class Predictions:
    """Guesses in the order asked for, and where they come from; no predictor where they are sums, or timings of a space
    that the table has all of, and no word of the table's `canaries` where they were not timed again.
    """

    table: LatencyTable
    guesses: tuple[Predicted, ...]
    predictor: GenomePredictor | None
    canaries: str | None = None

    @property
    def card(self) -> HonestyCard | None:
        """How good such guesses are on rows of the table not learnt from; takes a while when first asked for."""
        return None if self.predictor is None else self.predictor.card

    @property
    def age(self) -> str | None:
        """One sentence on when and where the table was made; None: that was no day ago."""
        if not is_old(self.table) or self.canaries is not None:
            return self.canaries
        device, day = self.table.device, self.table.created[:10]
        if self.table.source is not None:
            return f"The latency table was imported on {day}, of {device.device}; its age is not known here."
        return (
            f"The latency table is of {day}, made on {device.device} ({device.processor}); with --device its canaries "
            "tell whether it still holds there."
        )


def predict_latencies(
    table: Path,
    architectures: Path,
    seed: int = 0,
    transfer_from: Sequence[Path] = (),
    device: Device | str | None = None,
    progress: Progress = lambda *_: None,
    space: str | None = None,
) -> Predictions:
    """Guess from the table in one file for the architectures in another: a JSON list of objects, choice to option.

    A table of operators is summed, exactly. With tables of other devices to `transfer_from`, ten rows of its own are
    enough. The canaries of an old table are timed again first, on `device` or, without one, where the table is of this
    machine; what they say of the device's speed goes into the figures.

    Raises:
        InputError: a file is missing, broken, or of another space, the table has too few rows to learn from, or is of
            another device.
        DeviceError: the table no longer holds, or `device` cannot tell.
    """
    source = LatencyTable.read(table)
    searched = _space(table, source, space)
    asked = read_architectures(architectures, searched)
    if source.parts and transfer_from:
        raise InputError(
            f"{table} is of operators, whose times are summed as they are, got tables to transfer from beside it; "
            "leave those out."
        )
    if source.parts:
        return Predictions(source, tuple(_sum(source, architecture) for architecture in asked), None)
    drift = ask_canaries(source, searched, device, progress)
    if drift is not None and drift.state == "rescaled":
        source = rescale(source, drift)
    level = drift.level.restated(drift.factor) if drift else source.protocol.level
    if transfer_from:
        source = source.model_copy(
            update={"transfer_sources": read_transfer_sources(transfer_from, searched, source.device)}
        )
    told = figures_of(searched, source, seed=seed)
    predictor = told if isinstance(told, GenomePredictor) else None
    confidence = CONFIDENCE if predictor is None else predictor.fitted.confidence
    prediction = told(searched.encode_many(asked))
    guesses = [
        Predicted(
            architecture, mean, level.next_time(mean, low, high), confidence,
            (high - low) / (2 * mean), level,
        )
        for architecture, mean, low, high in zip(
            asked, prediction.mean.tolist(), prediction.low.tolist(), prediction.high.tolist(), strict=True
        )
    ]  # fmt: skip
    return Predictions(source, tuple(guesses), predictor, drift.words if drift else None)


def _space(path: Path, table: LatencyTable, told: str | None) -> SearchSpace:
    if told is None:
        if table.space.name != TABULAR and not is_named(table.space.name):
            raise InputError(
                f"{path} is of the space {quoted(table.space.name)}, which is not hwnas's: tell it with --space "
                "FILE.py:NAME, or a run's folder."
            )
        return space_of(table.space.name, table.space.parameters)
    space = space_at(told)
    table.refuse_other(space, str(path))
    return space


def _sum(table: LatencyTable, architecture: Architecture) -> Predicted:
    latency_ms = table.summed(architecture) or 0.0
    return Predicted(architecture, latency_ms, (latency_ms, latency_ms), None)


def read_architectures(path: Path, space: SearchSpace) -> list[Architecture]:
    """Architectures of a JSON file: a list of objects, or an object with such a list as ``architectures`` or ``rows``;
    each is an architecture or has one under ``architecture``, as the rows of a latency table do.

    Raises:
        InputError: the file is missing or something else, or an architecture is not of the space.
    """
    try:
        content = strict_json(unpacked(path, read_limited(path, kind="architectures")))
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error}); write a list of architectures.") from error
    if isinstance(content, dict):
        content = content.get("architectures", content.get("rows"))
    if not isinstance(content, list) or not content:
        raise InputError(f"{path} holds no list of architectures; write [{{choice: option, ...}}, ...].")
    return [_architecture(f"{path}, architecture {i + 1}", entry, space) for i, entry in enumerate(content)]


def _architecture(place: str, entry: object, space: SearchSpace) -> Architecture:
    values = entry.get("architecture", entry) if isinstance(entry, dict) else entry
    try:
        return space.architecture(_ARCHITECTURE.validate_python(values, strict=True))
    except ValidationError as error:
        raise InputError(f"{place} is not an object of choices and options, got {quoted(values)}.") from error
    except InputError as error:
        raise InputError(f"{place}: {error}") from error
