"""A latency table on disk: what was measured, on what, how, and whether to trust it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Option
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.document import Document, Fraction, NotNegative, Positive, WithFigures, distinct, inside
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.level import Level
from hwnas.contracts.reference import Reference
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.space_record import SpaceRecord
from hwnas.export.network_code import networks_digest
from hwnas.profiling.verdict import State


class Row(WithFigures):
    """One architecture; latencies in milliseconds per run of `DeviceCard.batch` examples.

    The interval is that among the models of one session; see `Protocol.level` for how the machine's own speed moves.
    `p50_ms` and further percentiles are of single runs' wall time, on the scale of `latency_ms`, which is the median.
    """

    architecture: dict[str, Option]
    latency_ms: Positive
    latency_ms_interval: tuple[Positive, Positive]
    rounds: Annotated[int, Field(ge=1)]
    macs: NotNegative | None = None
    params: NotNegative | None = None
    p50_ms: Positive | None = None
    file_bytes: NotNegative | None = None

    @model_validator(mode="after")
    def _latency_is_inside(self) -> "Row":
        inside("latency_ms", self.latency_ms, self.latency_ms_interval)
        return self


class Protocol(Document):
    """How it was measured. Whoever times again with the same reference and `reference_ms` compares like with like.

    `baseline_share`, `waiting` and `seen_ms` are those of `hwnas.profiling.estimate.Scale`; `seen_ms` differs from
    `reference_ms` where latencies are stated at a baseline speed of several sessions. `level` says what is known of it.
    """

    preset: str
    seed: int
    min_runs: int
    min_seconds: float
    reference: dict[str, Option]
    reference_ms: Positive
    baseline_share: NotNegative
    waiting: NotNegative
    others_busy: NotNegative | None = None
    seen_ms: Positive | None = None
    level: Level = Level()

    @property
    def timed_beside(self) -> Reference:
        """The model that its latencies were timed beside."""
        return Reference(self.reference, self.reference_ms)


class CanaryRow(Document):
    """An architecture timed also at start, middle and end, and how far it strayed."""

    architecture: dict[str, Option]
    start_ms: Positive
    middle_ms: Positive
    end_ms: Positive
    drift: NotNegative
    raw_drift: NotNegative


class VerdictRecord(Document):
    """One word and one sentence."""

    state: State
    advice: str


class ProviderShare(Document):
    """What an execution provider ran of the reference model: shares of all nodes and of the time, 0 to 1."""

    nodes: Fraction
    time: Fraction


class PartRecord(Document):
    """An operator: what it adds to the latency of every architecture that answers all of `when` like this."""

    name: str
    when: dict[str, Option]
    latency_ms: NotNegative


class SourceRecord(Document):
    """Where a table that was not measured by hwnas comes from, and how it was understood, in sentences."""

    file: str
    sha256: str
    format: str
    table: str
    notes: list[str] = Field(default_factory=list)


class TransferSource(Document):
    """What was measured on another device, and where: its canonical string and the id of its card."""

    device: str
    id: str
    rows: Annotated[list[Row], Field(min_length=1)]


class LatencyTable(Document):
    """Measured rows and everything needed to understand them.

    `device` is the device card, `created` an ISO 8601 time in UTC. `providers` says who ran the nodes, None when
    that is not known. A table with a `source` was imported; where it has `parts`, latencies are sums of them, in its
    rows too. `transfer_sources` are the devices that its predictor starts from, where its own rows are few. `networks`
    is their `networks_digest`, for a space of the same choices may build others; None where that is not known.
    """

    schema_version: Literal[1] = 1
    space: SpaceRecord
    device: DeviceCard
    protocol: Protocol
    verdict: VerdictRecord
    canaries: list[CanaryRow] = Field(default_factory=list)
    created: str
    rows: Annotated[list[Row], Field(min_length=1)]
    providers: dict[str, ProviderShare] | None = None
    source: SourceRecord | None = None
    parts: list[PartRecord] = Field(default_factory=list)
    transfer_sources: list[TransferSource] = Field(default_factory=list)
    networks: str | None = None

    @model_validator(mode="after")
    def _each_architecture_once(self) -> "LatencyTable":
        distinct("its rows", (row.architecture for row in self.rows))
        for other in self.transfer_sources:
            distinct(f"the rows of {other.device}", (row.architecture for row in other.rows))
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Tables that know nothing of networks are written as they were, for searches are found by what they say."""
        told: dict[str, object] = write(self)
        return told if self.networks is not None else {key: told[key] for key in told if key != "networks"}

    @classmethod
    def read(cls, path: Path) -> "LatencyTable":
        """From a file.

        Raises:
            InputError: the file is missing, cut off, or not a latency table.
        """
        return cls.from_file(
            path,
            "latency table",
            "profile again with `hwnas profile`; in a run, remove the file, and its search times anew",
        )

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
        """Whether it is a table of this space, made with the same parameters, with the same choices and networks."""
        return self.space == SpaceRecord.of(space) and not self._of_other_networks(space)

    def _of_other_networks(self, space: SearchSpace) -> bool:
        return self.networks is not None and networks_digest(space) not in {None, self.networks}

    def refuse_other(self, space: SearchSpace, name: str = "The latency table") -> None:
        """Raises InputError where it is no table of this space."""
        if self.space != SpaceRecord.of(space):
            raise InputError(f"{name} is a table of {self.space}, not of {SpaceRecord.of(space)}; profile this space.")
        if self._of_other_networks(space):
            raise InputError(
                f"{name} is of other networks than {self.space} builds now: the code of their classes, or "
                "a layer, was changed since; profile this space."
            )

    def arrays(self, space: SearchSpace) -> tuple[IntArray, FloatArray]:
        """Canonical genomes ``(n, g)`` and latencies in ms ``(n,)``.

        Raises:
            InputError: the table is of another space.
        """
        self.refuse_other(space)
        genomes = space.encode_many(row.architecture for row in self.rows)
        return genomes, np.array([row.latency_ms for row in self.rows])


def summed(parts: Sequence[PartRecord], architecture: Mapping[str, Option]) -> float:
    """Milliseconds of the parts that an architecture has."""
    chosen = (part for part in parts if all(architecture.get(name) == o for name, o in part.when.items()))
    return sum(part.latency_ms for part in chosen)


def provider_records(shares: Mapping[str, Mapping[str, float]]) -> dict[str, ProviderShare]:
    """What a table keeps of the shares a device tells."""
    return {name: ProviderShare(nodes=share["nodes"], time=share["time"]) for name, share in shares.items()}
