"""What is promised about a model, in a JSON file beside it: whoever has both can check every word.

`score` is the task's figure: an accuracy, a fraction from 0 to 1, where `figure` names no other. Times are
milliseconds, intervals are (low, high). What was not measured is null.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from hwnas.contracts.document import CardFields, Count, Document, Fraction, Positive, WithFigures, inside
from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.level import Level
from hwnas.contracts.mixed import Ranges, Recovery
from hwnas.contracts.objective import Objective
from hwnas.contracts.space_record import SpaceRecord
from hwnas.contracts.task import ACCURACY, SHARE


class InputCard(Document):
    """One input of the model; `batch` examples of `shape` each, any number when `batch` is null."""

    name: str
    shape: tuple[Count, ...]
    dtype: Literal["float32", "int64"]
    batch: Count | None


class PreprocessingCard(Document):
    """From raw values to input: ``(raw * scale - mean) / std``, mean and deviation one number or one per channel."""

    scale: float
    mean: float | tuple[float, ...]
    std: float | tuple[float, ...]


class FigureCard(Document):
    """What is measured of a network: an `Objective` on disk. A ``share`` is a fraction from 0 to 1."""

    name: str
    unit: str
    direction: Literal["min", "max"]

    @classmethod
    def of(cls, figure: Objective) -> FigureCard:
        """That of a task's figure."""
        return cls(name=figure.name, unit=figure.unit, direction="min" if figure.sign > 0 else "max")

    @property
    def objective(self) -> Objective:
        """The figure again."""
        return Objective(self.name, self.direction, self.unit)


ACCURACY_CARD = FigureCard.of(ACCURACY)


class ScoreProvenance(Document):
    """Where the score comes from: which split of the task's data, how many of its examples, interval's confidence."""

    task: str
    split: str
    images: Count
    confidence: Fraction


class Selection(Document):
    """Why this model and no other: of those that kept the limits, the fastest one whose expected score cannot be
    told from the best. `slower_equals` had a higher one, by less than the standard error of the difference.

    The expectation is `measured_share` of the score on the `images` the search chose by, the rest a prediction from
    the architecture that did not see that measurement. The `score` of the manifest is of other images.
    """

    images: Count
    measured_score: float
    expected_score: float
    expected_score_error: Annotated[float, Field(ge=0)]
    measured_share: Fraction
    slower_equals: Annotated[int, Field(ge=0)] = 0


class Int8Card(Document):
    """How the INT8 version of a model compares with its float32 one, on images no search saw; `sentence` says whether
    it is `shipped`, which needs the least agreement and share of the float32 score. Without a version to compare,
    the model could not be quantised, as the sentence says.
    """

    shipped: bool
    sentence: str
    method: str
    calibration_split: str
    calibration_images: Count
    images: Count
    top1_agreement: Fraction | None  # null where outputs decide nothing
    least_agreement: Fraction
    score: float | None
    float32_score: float | None
    least_share_of_score: Fraction


class BitsCard(Document):
    """Which layers are in INT8: the bits of each, by its name in the network; how ranges were found, and on what; what
    was done to recover accuracy; and how often the model answers as its float32 version does, on images no search saw,
    with a 95 % interval.
    """

    layers: dict[str, Literal[8, 32]]
    method: str
    ranges: Ranges
    recover: Recovery = "none"
    calibration_split: str
    calibration_images: Count
    agreement: Fraction | None  # null where outputs decide nothing
    agreement_interval: tuple[Fraction, Fraction] | None
    images: Count


class OriginalCard(Document):
    """What the network has that the model was made from: its score on the same images, its latency in the same session.

    The model was `speedup` times as fast in that session's rounds; null where it was not timed there.
    """

    score: float
    score_interval: tuple[float, float]
    latency_ms: Positive
    latency_ms_interval: tuple[Positive, Positive]
    size_bytes: Count
    speedup: Positive | None


class WeightsCard(Document):
    """How the model came by its weights: `inherited` as they are, or fine-tuned, by hwnas (`healed`, by a recipe) or by
    others (`adopted`); and what it scored before, on the images the search chose by, as far as that was measured.
    """

    how: Literal["inherited", "healed", "adopted"]
    recipe: dict[str, int | float | str | None] | None = None
    measured_score_before: float | None = None


class Manifest(WithFigures):
    """The promise. A single shape of it for every model hwnas hands out."""

    schema_version: Literal[1] = 1
    architecture: dict[str, bool | int | float | str]
    space: SpaceRecord | None = None
    precision: Literal["float32", "int8", "mixed"] = "float32"
    bits: BitsCard | None = None
    int8: Int8Card | None = None
    figure: FigureCard = ACCURACY_CARD
    score: float
    score_interval: tuple[float, float]
    score_provenance: ScoreProvenance
    latency_ms: Positive | None
    latency_ms_interval: tuple[Positive, Positive] | None
    latency_ms_at_slowest: Positive | None = None  # its upper end at the level that the budget is kept at
    level: Level = Level()
    slower_then: Annotated[float, Field(ge=1)] = 1.0  # was the device than the speed that latencies are stated at
    predicted_latency_ms: Positive | None
    budget_ms: Positive | None
    parity_max_abs_diff: Annotated[float, Field(ge=0)]
    parity_top1_agreement: Fraction | None  # null where outputs decide nothing, such as a class
    parity_examples: Count
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size_bytes: Count
    device: CardFields | None
    preprocessing: PreprocessingCard | None
    selection: Selection | None = None
    original: OriginalCard | None = None
    weights: WeightsCard | None = None
    inputs: tuple[InputCard, ...]
    training: dict[str, JsonValue]
    code_version: str

    @model_validator(mode="after")
    def _check(self) -> Manifest:
        figures = (self.score, *self.score_interval)
        if self.figure.unit == SHARE and not (min(figures) >= 0 and max(figures) <= 1):
            raise ValueError(f"score should be a share from 0 to 1, as its unit says, got {figures}")
        inside("score", self.score, self.score_interval)
        inside("latency_ms", self.latency_ms, self.latency_ms_interval)
        if self.latency_ms is not None and self.device is None:
            raise ValueError("latency_ms needs the device it was measured on")
        return self


def manifest_path(onnx_path: Path) -> Path:
    """Where the manifest of a model lies: the same name, ending in ``.json``."""
    return Path(onnx_path).with_suffix(".json")


def fingerprint(onnx_path: Path) -> tuple[str, int]:
    """SHA-256 of a file in hexadecimal, and its size in bytes.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        data = Path(onnx_path).read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read the model {onnx_path}: {error.strerror}; give an existing file.") from error
    return hashlib.sha256(data).hexdigest(), len(data)


def make(onnx_path: Path, **promise: object) -> Manifest:
    """The manifest of the model at `onnx_path`: its hash and size from the file, the other fields as named.

    Raises:
        InputError: the model cannot be read, or a field is missing or impossible.
    """
    sha256, size_bytes = fingerprint(onnx_path)
    return _validated({**promise, "sha256": sha256, "size_bytes": size_bytes}, f"The manifest of {onnx_path}")


def write(manifest: Manifest, onnx_path: Path) -> Path:
    """Write the manifest beside its model, whole or not at all; returns its path.

    Raises:
        InputError: the folder is read-only or the disk full.
    """
    path = manifest_path(onnx_path)
    write_atomic(path, manifest.model_dump_json(indent=2) + "\n")
    return path


def read(path: Path) -> Manifest:
    """Read a manifest file.

    Raises:
        InputError: the file is missing, no JSON, of another schema version, or has impossible fields.
    """
    return Manifest.from_file(Path(path), "manifest", "export the model again")


def verify(onnx_path: Path) -> Manifest:
    """The manifest beside a model, once the model is shown to be the file it speaks of.

    Raises:
        InputError: either file cannot be read, or the model was changed after the manifest was written.
    """
    manifest = read(manifest_path(onnx_path))
    sha256, size_bytes = fingerprint(onnx_path)
    if sha256 != manifest.sha256:
        raise InputError(
            f"{onnx_path} is not the file its manifest speaks of: expected SHA-256 {manifest.sha256[:12]}... "
            f"({manifest.size_bytes} bytes), got {sha256[:12]}... ({size_bytes} bytes); export it again."
        )
    return manifest


def _validated(fields: Mapping[str, object], source: str) -> Manifest:
    try:
        return Manifest.of_fields(fields)
    except ValueError as error:
        raise InputError(f"{source} is not valid: {error}; export the model again.") from error
