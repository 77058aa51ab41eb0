"""A latency table on disk: what was measured, on what, how, and whether to trust it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Option
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.level import Level
from hwnas.contracts.search_space import SearchSpace
from hwnas.profiling.verdict import State

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SpaceRecord(_Part):
    """Which space: its name and what it was called with."""

    name: str
    parameters: dict[str, object] = {}


class Row(_Part):
    """One architecture; latencies in milliseconds per run of `DeviceCard.batch` examples.

    The interval is that among the models of one session; see `Protocol.level` for how the machine's own speed moves.
    `p50_ms` to `p99_ms` are percentiles of single runs' wall time, on the scale of `latency_ms`, which is the median;
    `peak_memory_bytes` and `load_ms` as in `hwnas.devices._facts`. None where the device does not tell.
    """

    architecture: dict[str, Option]
    latency_ms: Positive
    latency_ms_interval: tuple[Positive, Positive]
    rounds: Annotated[int, Field(ge=1)]
    macs: Share | None = None
    params: Share | None = None
    p50_ms: Positive | None = None
    p95_ms: Positive | None = None
    p99_ms: Positive | None = None
    peak_memory_bytes: Share | None = None
    load_ms: Positive | None = None
    file_bytes: Share | None = None

    @model_validator(mode="after")
    def _latency_is_inside(self) -> "Row":
        low, high = self.latency_ms_interval
        if not low <= self.latency_ms <= high:
            raise ValueError(f"latency_ms {self.latency_ms} lies outside its interval {low} to {high}")
        return self


class Protocol(_Part):
    """How it was measured. Whoever times again with the same reference and `reference_ms` compares like with like.

    `quiet_share`, `waiting` and `seen_ms` are those of `hwnas.profiling.estimate.Scale`; `seen_ms` differs from
    `reference_ms` where latencies are stated at a baseline speed of several sessions. `level` says what is known of it.
    """

    preset: str
    seed: int
    min_runs: int
    min_seconds: float
    reference: dict[str, Option]
    reference_ms: Positive
    quiet_share: Share
    waiting: Share
    others_busy: Share | None = None
    seen_ms: Positive | None = None
    level: Level = Level()


class CanaryRow(_Part):
    """An architecture timed also at start, middle and end, and how far it strayed."""

    architecture: dict[str, Option]
    start_ms: Positive
    middle_ms: Positive
    end_ms: Positive
    drift: Share
    raw_drift: Share


class VerdictRecord(_Part):
    """One word and one sentence."""

    state: State
    advice: str


class ProviderShare(_Part):
    """What an execution provider ran of the reference model: shares of all nodes and of the time, 0 to 1."""

    nodes: Share
    time: Share


class PartRecord(_Part):
    """An operator: what it adds to the latency of every architecture that answers all of `when` like this."""

    name: str
    when: dict[str, Option]
    latency_ms: Share


class SourceRecord(_Part):
    """Where a table that was not measured by hwnas comes from, and how it was understood, in sentences."""

    file: str
    sha256: str
    format: str
    table: str
    notes: list[str] = []


class KnownDevice(_Part):
    """What was measured on another device, and where: its canonical string and the id of its card."""

    device: str
    id: str
    rows: Annotated[list[Row], Field(min_length=1)]


class LatencyTable(_Part):
    """Measured rows and everything needed to understand them.

    `device` is the device card, `created` an ISO 8601 time in UTC. `providers` says who ran the nodes, None when
    that is not known. A table with a `source` was imported; where it has `parts`, latencies are sums of them, in its
    rows too. `others` are the devices that its predictor starts from, where its own rows are few.
    """

    schema_version: Literal[1] = 1
    space: SpaceRecord
    device: DeviceCard
    protocol: Protocol
    verdict: VerdictRecord
    canaries: list[CanaryRow] = []
    created: str
    rows: Annotated[list[Row], Field(min_length=1)]
    providers: dict[str, ProviderShare] | None = None
    source: SourceRecord | None = None
    parts: list[PartRecord] = []
    others: list[KnownDevice] = []

    @classmethod
    def read(cls, path: Path) -> "LatencyTable":
        """From a file.

        Raises:
            InputError: the file is missing, cut off, or not a latency table.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise InputError(f"Cannot read the latency table {path}: {error.strerror}; check the path.") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            raise InputError(
                f"{path} is not a latency table of schema version 1: {place}: {first['msg']}; "
                "profile again with `hwnas profile`."
            ) from error

    def write(self, path: Path, *, even_unusable: bool = False) -> None:
        """To a file, whole or not at all.

        Raises:
            DeviceError: the verdict is unusable and `even_unusable` is not set.
            InputError: the file cannot be written.
        """
        if self.verdict.state == "unusable" and not even_unusable:
            raise DeviceError(f"The latency table is unusable and was not written to {path}: {self.verdict.advice}")
        write_atomic(path, self.model_dump_json(indent=1) + "\n")

    def summed(self, architecture: Mapping[str, Option]) -> float | None:
        """The latency of an architecture in ms as the sum of its parts; None in a table without parts."""
        return summed(self.parts, architecture) if self.parts else None

    def is_of(self, space: SearchSpace) -> bool:
        """Whether it is a table of this space, made with the same parameters."""
        return self.space == space_record(space)

    def arrays(self, space: SearchSpace) -> tuple[IntArray, FloatArray]:
        """Canonical genomes ``(n, g)`` and latencies in ms ``(n,)``.

        Raises:
            InputError: the table is of another space.
        """
        if not self.is_of(space):
            raise InputError(
                f"The latency table is of space {self.space.name!r} with {self.space.parameters}, "
                f"not of {space.name!r} with {space.parameters}; profile this space."
            )
        genomes = space.encode_many(row.architecture for row in self.rows)
        return genomes, np.array([row.latency_ms for row in self.rows])


def summed(parts: Sequence[PartRecord], architecture: Mapping[str, Option]) -> float:
    """Milliseconds of the parts that an architecture has."""
    chosen = (part for part in parts if all(architecture.get(name) == o for name, o in part.when.items()))
    return sum(part.latency_ms for part in chosen)


def provider_records(shares: Mapping[str, Mapping[str, float]]) -> dict[str, ProviderShare]:
    """What a table keeps of the shares a device tells."""
    return {name: ProviderShare(nodes=share["nodes"], time=share["time"]) for name, share in shares.items()}


def space_record(space: SearchSpace) -> SpaceRecord:
    """What a table keeps of a space, as it comes back from JSON (tuples become lists)."""
    record = SpaceRecord(name=space.name, parameters=space.parameters)
    return SpaceRecord.model_validate_json(record.model_dump_json())
