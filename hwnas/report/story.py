"""What a report tells: plain data, gathered by whoever ran the search; nothing here is computed or drawn.

Scores are in the unit of the story's figure, latencies milliseconds, sizes bytes; low and high bound an interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from hwnas.contracts.choice import Option
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.objective import Objective
from hwnas.contracts.predictor import HonestyCard
from hwnas.contracts.words import one_of

RunName = Literal["search", "random"]


@dataclass(frozen=True)
class FrontPoint:
    """One sub-network of the front.

    Args:
        key: names the architecture, see `Architecture.key`.
        architecture: its active choices.
        score, latency_ms: measured, with their intervals.
        predicted_score, predicted_latency_ms: what was expected before measuring; None without a prediction.
        extra: what its device told beside latencies, by name; see `hwnas.contracts.figures.EXTRA`.
        beside_original: how fast and how good it is beside the original network, in words; None without one.
        budget_ms: the budget it answers; None when it answers none.
        validated: whether it was evaluated again on images that the search did not see, and timed again
            where its device times.
        export_command: hands it out; copied by a click on the point.
    """

    key: str
    architecture: Mapping[str, Option]
    score: float
    score_low: float
    score_high: float
    latency_ms: float
    latency_low_ms: float
    latency_high_ms: float
    predicted_score: float | None
    predicted_latency_ms: float | None
    size_bytes: int
    macs: int
    params: int
    budget_ms: float | None
    validated: bool
    export_command: str
    extra: Mapping[str, float] = field(default_factory=dict)
    beside_original: str | None = None


@dataclass(frozen=True)
class Evaluated:
    """One real evaluation made on the way."""

    latency_ms: float
    score: float
    run: RunName

    def __post_init__(self) -> None:
        one_of("the run of an evaluation", self.run, get_args(RunName))


@dataclass(frozen=True)
class Baseline:
    """A sub-network to compare with, such as the largest."""

    name: str
    latency_ms: float
    score: float


@dataclass(frozen=True)
class Guess:
    """A figure and what the predictor, which had not seen it, said."""

    measured: float
    predicted: float
    low: float
    high: float


@dataclass(frozen=True)
class Guesses:
    """Every guess at one target. With the unit ``%`` the figures are fractions, and shown in percent."""

    name: str
    unit: str
    points: tuple[Guess, ...]
    honesty: HonestyCard | None = None


@dataclass(frozen=True)
class HypervolumeCurve:
    """Hypervolume of one run after each number of real evaluations: ``(evaluations, hypervolume)``, ascending."""

    run: RunName
    steps: tuple[tuple[int, float], ...]

    def __post_init__(self) -> None:
        one_of("the run of a progress", self.run, get_args(RunName))


@dataclass(frozen=True)
class LossCurve:
    """Losses of the sub-networks of one role in the supernet's training: ``(step, loss)``, ascending."""

    role: str
    steps: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Command:
    """A command worth knowing, and what it is for."""

    text: str
    purpose: str


@dataclass(frozen=True)
class Story:
    """A whole report.

    Args:
        title: the headline.
        created: when, as people read it.
        space, task: their names.
        architectures: distinct ones in the space.
        code_version: of hwnas.
        device: what was measured on.
        verdict: one sentence on whether the measurement can be trusted.
        front: in any order.
        evaluated: every real evaluation, of both runs.
        baselines: marked beside the front.
        guesses: one entry per predicted target.
        figure: of the task: what a score is called, in which unit, and whether more or less of it is better.
        progress: one entry per run.
        training: one entry per role of a sub-network; empty where the supernet was trained elsewhere.
        notes: further sentences the reader should know.
        commands: what to do next, the most useful one first.
    """

    title: str
    created: str
    space: str
    task: str
    figure: Objective
    architectures: int
    code_version: str
    device: DeviceCard
    verdict: str
    front: tuple[FrontPoint, ...]
    evaluated: tuple[Evaluated, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    guesses: tuple[Guesses, ...] = ()
    progress: tuple[HypervolumeCurve, ...] = ()
    training: tuple[LossCurve, ...] = ()
    notes: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
