"""A supernet while fine-tuning (Sridhar et al., "InstaTune: Instantaneous Neural Architecture Search During
Fine-Tuning", ICCV 2023 workshop on Resource-Efficient Deep Learning).

For a supernet that begins as a trained network, such as one that `hwnas.elastic` makes. A step trains the largest
sub-network and random ones on a share `alpha` of the labels' loss; the rest is a teacher's. For a share `strong` of the
steps the teacher is the largest sub-network of the start, kept as it was; then the largest one of the step teaches the
random ones, and itself learns from the labels alone. With a `curriculum`, as in EA-ViT (Zhu et al., ICCV 2025), the
random ones are near the largest at first: of every ordered choice ever smaller options are drawn, until all are.

Where we differ: the paper's strong teacher was fine-tuned on the task by itself, as the network that hwnas is given
has been already; it is kept after the first step, which trains it alone; nothing is softened by a temperature; and
the curriculum is even over steps and the same for all choices, without EA-ViT's router.
"""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training import ArchitectureSampler, Events, Method, Schedule, TrainingObjective
from hwnas.contracts.training_events import Event, Probe
from hwnas.contracts.training_step import FORWARD_ONLY, Context, Curve, Job, Output, Stage, State, Statistics, Step
from hwnas.training._stages import rate_from
from hwnas.training._teacher import FrozenTeacher

_LOOK, _STRONG, _OWN = "the original", "taught by the original", "taught by the largest"


class _TwoTeachers(Schedule, ArchitectureSampler, TrainingObjective, Events):
    def __init__(self, space: SearchSpace, alpha: float, randoms: int, strong: float, curriculum: float) -> None:
        self._alpha, self._randoms, self._strong, self._curriculum = alpha, randoms, strong, curriculum
        self._teacher = FrozenTeacher(space, space.largest)

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        look = 1 if self._strong and steps > 1 else 0
        strong = round(self._strong * (steps - look)) if look else 0
        whole, rate = SubSpace(space), partial(rate_from, curve)
        return [
            Stage(whole, look, partial(rate, 0, steps), name=_LOOK),
            Stage(whole, strong, partial(rate, look, steps), name=_STRONG),
            Stage(whole, steps - look - strong, partial(rate, look + strong, steps), name=_OWN),
        ]

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        space, taught = step.stage.space, step.stage.name == _STRONG
        done = (step.index + 1) / step.of
        few = opened(space, done / self._curriculum) if done < self._curriculum else space
        drawn = [Job(space.space.decode(genome), "random") for genome in few.sample(self._randoms, rng)]
        if taught:
            return [Job(space.space.largest, "teacher"), Job(space.largest, "random"), *drawn]
        return [Job(space.largest, "largest"), *([] if step.stage.name == _LOOK else drawn)]

    def passes(self, stage: Stage) -> float:
        beside = {_LOOK: 0.0, _STRONG: self._randoms + FORWARD_ONLY, _OWN: float(self._randoms)}
        return 1 + beside[stage.name]

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        teacher, labels = context.teacher(job), super().loss(job, output, context)
        if teacher is None:
            return labels
        return self._alpha * labels + (1 - self._alpha) * context.task.distil(output.value, teacher.value)

    def teacher(self, job: Job, batch: Batch) -> Output | None:  # noqa: ARG002
        return self._teacher.output(batch)

    def edits(self, statistics: Statistics, probe: Probe) -> Sequence[Event]:
        if statistics.step.stage.name == _LOOK:
            self._teacher.take(probe.extract(statistics.step.stage.space.space.largest))
        return ()

    def state(self) -> State:
        return self._teacher.state()

    def restore(self, state: State) -> None:
        self._teacher.restore(state)


def opened(space: SubSpace, share: float) -> SubSpace:
    """The sub-space with that share of the options of every ordered choice, at least one of them and the largest."""
    few = {c.name: c.options[-max(1, math.ceil(share * len(c.options))) :] for c in space.space.choices if c.ordered}
    return space.narrowed(few)


def instatune(
    space: SearchSpace, *, alpha: float = 0.3, randoms: int = 1, strong: float = 0.5, curriculum: float = 0.0
) -> Method:
    """Largest and `randoms` uniformly drawn sub-networks per step, taught first by the original, then by the largest.

    Args:
        space: what is searched.
        alpha: weight of the labels, from 0 to 1; that of the teacher is the rest.
        randoms: how many.
        strong: share of the steps in which the original teaches.
        curriculum: share of the steps until every sub-network may be drawn; 0: from the start.

    Raises:
        InputError: an argument is out of its range.
    """
    if randoms < 0 or not all(0 <= share <= 1 for share in (alpha, strong, curriculum)):
        raise InputError(
            "Method 'instatune' needs alpha, strong and curriculum from 0 to 1 and randoms of at least 0, got "
            f"{alpha}, {strong}, {curriculum} and {randoms}."
        )
    seam = _TwoTeachers(space, alpha, randoms, strong, curriculum)
    settings = {"alpha": alpha, "randoms": randoms, "strong": strong, "curriculum": curriculum}
    return Method(
        "instatune",
        settings,
        schedule=seam,
        architectures=seam,
        objective=seam,
        events=seam,
        begins_trained=strong > 0,
    )
