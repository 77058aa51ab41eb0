"""What an archive holds beside answers and timings: one model per kind of record, each strictly checked when read."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue, model_validator

from hwnas.contracts.choice import Option
from hwnas.contracts.document import Document
from hwnas.contracts.predictor import HonestyCard
from hwnas.contracts.space_record import SpaceRecord

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Role = Literal["search", "baseline", "confirmation"]


class Record(Document):
    """A record is found by its kind and a name."""

    kind: ClassVar[str]


class Sought(Document):
    """An objective of a search; `exact`: whether it was computed from the architecture."""

    name: str
    direction: Annotated[str, Field(pattern="^(min|max)$")]
    limit: float | None = None
    exact: bool = False


class SearchRecord(Document):
    """What the sequence of a search depends on.

    Args:
        role: ``search``; ``baseline``: random search beside it; ``confirmation``: measures a search's front again.
        question: what was asked for, in a word; searches with the same one differ by their strategy.
        space: digest of the space's choices.
        objectives: what is sought.
        strategy: by name.
        seed: of the strategy.
        settings: of the strategy; functions count by name only.
        provenance: of every answer it takes, see `hwnas.contracts.trial.Result`.
    """

    role: Role = "search"
    question: str = ""
    space: str
    objectives: list[Sought]
    strategy: str
    seed: int
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    provenance: dict[str, str] = Field(default_factory=dict)


class RunRecord(Record):
    """What a run's folder is of: digest of the supernet, name of the task."""

    kind = "run"
    supernet: str
    task: str


class ProfileRecord(Record):
    """Digest of the latency table that the searches in the run's own archive rely on."""

    kind = "profile"
    digest: str


class OwnSpaceRecord(Record):
    """The space that everything in an archive is of."""

    kind = "space"
    space: SpaceRecord


class KnowledgeRecord(Record):
    """What a search was told of others: genomes ``(n, g)`` and figures ``(n, k)``."""

    kind = "knowledge"
    genomes: list[list[Count]]
    figures: list[list[float]]

    @model_validator(mode="after")
    def _rows_match(self) -> "KnowledgeRecord":
        if len(self.genomes) != len(self.figures) or len({len(row) for row in self.figures}) > 1:
            raise ValueError("each genome should have as many figures")
        return self


class StartRecord(Record):
    """What a search was begun with, from other searches, which may have gone on since."""

    kind = "start of a search"
    architectures: list[dict[str, Option]]


class FittingRecord(Record):
    """How many evaluations fit into some seconds, found once."""

    kind = "evaluations within seconds"
    evaluations: Annotated[int, Field(ge=1)]


class ScoredRecord(Record):
    """The scores of a sub-network in hexadecimal digits, and the seconds it took: one of every example, or `each` in a
    row; as bits where all are 0 or 1, else as little-endian float32.
    """

    kind = "scores"
    examples: Count
    each: Count = 0
    packed_as: Literal["bits", "float32"]
    scores: Annotated[str, Field(pattern=r"^([0-9a-f]{2})*$")]
    seconds: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _one_score_per_example(self) -> "ScoredRecord":
        scores = self.examples * (self.each or 1)
        size = -(-scores // 8) if self.packed_as == "bits" else 4 * scores
        if len(self.scores) != 2 * size:
            raise ValueError("there should be one score for each example")
        return self


class VerifiedRecord(Record):
    """What is true of one file, and stays true of it; `score` once it is evaluated."""

    kind = "verified"
    sha256: str
    parity_max_abs_diff: Annotated[float, Field(ge=0)]
    parity_top1_agreement: Share | None
    score: float | None = None
    score_interval: tuple[float, float] | None = None


class RatedRecord(Record):
    """A predictor's card, the figures ``(n,)`` it learnt from, and the guesses at each by one that did not see it."""

    kind = "rating"
    target: str
    card: HonestyCard
    figures: list[float]
    mean: list[float]
    low: list[float]
    high: list[float]

    @model_validator(mode="after")
    def _guesses_match(self) -> "RatedRecord":
        if {len(self.mean), len(self.low), len(self.high)} != {len(self.figures)}:
            raise ValueError("there should be a guess for each figure")
        return self


class ModelFacts(Document):
    """Of one model, as `hwnas.devices._facts.Facts` says."""

    file_bytes: Count
    extra: dict[str, Annotated[float, Field(ge=0)]]


class FactsRecord(Record):
    """Figures beside latency of a session's models, in their order, and the names of those that the device told."""

    kind = "figures of models"
    told: list[str]
    models: list[ModelFacts]


class NodeShare(Document):
    """Of an execution provider: shares of all nodes and of the time."""

    nodes: Share
    time: Share


class SharesRecord(Record):
    """What each execution provider ran of a session's reference model."""

    kind = "shares"
    providers: dict[str, NodeShare]


class SessionsRecord(Record):
    """How many sessions of timing came to nothing, and the reasons that were given."""

    kind = "unusable sessions"
    sessions: Count
    reasons: list[str]
