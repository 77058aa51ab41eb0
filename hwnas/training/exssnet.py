"""A stream of tasks in one set of weights, of which none is forgotten (Yadav and Bansal, "Exclusive Supermask
Subnetwork Training for Continual Learning", Findings of ACL 2023).

The classes of the space's task are divided into `tasks` groups, learnt one after another, each on its own classes. A
task first learns a mask of the shared weights, then the weights under it that no earlier task has in its mask; so an
earlier task's network stays the same to the bit. With `transfer`, a new task's mask begins as that of the earlier task
by whose features nearest neighbours best tell the new classes, if better than chance.

`masks` of 1 learns masks alone (SupSup, Wortsman et al., "Supermasks in Superposition", NeurIPS 2020), and
``exclusive=False`` changes any weight under the mask, so that it forgets: the controls. A task's network is
``supernet.extract(architecture, member=TASK)``; it knows the classes of its task only.

Where we differ: sub-networks of the space are trained by single paths, with masks of whole tensors; scales and shifts
of norms are each task's own, where the paper has none; both phases take the recipe's optimizer, and an update is undone
where it is not allowed, since momentum and decay are not stopped by gradients of zero.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate

import numpy as np
from torch import Tensor

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Rows
from hwnas.contracts.training import ArchitectureSampler, DataSampler, Events, Method, Schedule
from hwnas.contracts.training_events import Event, NewTask, Probe, Reset
from hwnas.contracts.training_step import Context, Curve, Job, Output, Stage, State, Statistics, Step
from hwnas.sharing.supermask import SupermaskSharing, is_of_task, is_weight, score_of
from hwnas.training._class_groups import divided_classes, labels_of, loss_among
from hwnas.training._exclusive import Exclusive, named, task_of
from hwnas.training._neighbours import LooksAtEarlier
from hwnas.training._stages import divided, rate_from


class _Stream(Schedule, DataSampler, ArchitectureSampler, LooksAtEarlier, Events):
    def __init__(self, tasks: int, masks: float, *, transfer: bool) -> None:
        super().__init__()
        self._tasks, self._masks, self._transfer = tasks, masks, transfer
        self._now = 0  # the task whose examples are seen
        self._groups: list[list[int]] = []  # classes of each task, as soon as the labels were seen

    def _lengths(self, steps: int) -> list[int]:
        return divided(steps, [self._masks, 1 - self._masks] * self._tasks)

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        lengths, stages = self._lengths(steps), []
        for task in range(self._tasks):
            masks, weights = lengths[2 * task : 2 * task + 2]
            both = masks + weights
            rate = partial(rate_from, curve, 0, both), partial(rate_from, curve, masks, both)
            own = partial(is_of_task, task=task)
            names = named(task, "its mask"), named(task, "weights")
            stages += [
                Stage(SubSpace(space), masks, rate[0], own, names[0]),
                Stage(SubSpace(space), weights, rate[1], partial(_weight_or_own, task=task), names[1]),
            ]
        return stages

    def order(self, examples: Rows, epoch: int, rng: np.random.Generator) -> IntArray:  # noqa: ARG002
        labels = labels_of(examples)
        self._groups = self._groups or divided_classes(labels, self._tasks)
        rows = np.flatnonzero(np.isin(labels, self._groups[self._now]))
        rounds = -(-len(labels) // len(rows))  # an epoch is as long as all examples are
        return np.concatenate([rng.permutation(rows) for _ in range(rounds)])[: len(labels)]

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        (job,) = super().plan(step, rng)
        return [Job(job.architecture, "random", member=task_of(step.stage))]

    def watched(self, stage: Stage) -> Mapping[str, Architecture]:  # noqa: ARG002  none answers for all classes
        return {}

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        if not context.task.learns_labels:
            raise InputError(
                f"Method 'exssnet' divides a task by its classes, and task {quoted(context.task.name)} has a loss of "
                "its own; train by 'uniform'."
            )
        if not self._groups:
            return super().loss(job, output, context)
        own = super().loss
        return loss_among(self._groups[job.member or 0], output.value, lambda value: own(job, Output(value), context))

    def edits(self, statistics: Statistics, probe: Probe) -> Sequence[Event]:
        ends = list(accumulate(self._lengths(statistics.step.of)))[1:-1:2]  # of all tasks but the last
        coming = sum(statistics.step.index + 1 >= end for end in ends)
        if coming == self._now:
            return ()
        classes = self._groups[coming]
        useful = self.most_useful(statistics.step, probe, classes, coming) if self._transfer else None
        if useful is None:
            return [NewTask(coming)]
        weights = [name for name in probe.parameters if is_weight(name)]
        start = {score_of(coming, n): probe.parameters[score_of(useful, n)].detach().clone() for n in weights}
        return [Reset(start), NewTask(coming)]

    def on_event(self, event: Event) -> None:
        if isinstance(event, NewTask):
            self._now = event.index

    def state(self) -> State:
        return {"now": self._now, "groups": self._groups}

    def restore(self, state: State) -> None:
        self._now, self._groups = state["now"], state["groups"]


def _weight_or_own(name: str, task: int) -> bool:
    """What learns while a task's mask stays: scores of its mask do not."""
    return is_weight(name) or (is_of_task(name, task) and not name.startswith(score_of(task, "")))


def exssnet(
    space: SearchSpace,
    *,
    tasks: int = 2,
    density: float = 0.1,
    masks: float = 0.5,
    exclusive: bool = True,
    transfer: bool = True,
) -> Method:
    """One uniformly drawn sub-network per step, of the task whose turn it is.

    Args:
        space: what is searched.
        tasks: groups of classes, learnt one after another.
        density: share of the weights in a task's mask, above 0 and at most 1.
        masks: share of a task's steps in which its mask learns, above 0 and at most 1; weights learn in the rest.
        exclusive: whether weights that an earlier task has in its mask stay.
        transfer: whether a mask may begin as that of an earlier task.

    Raises:
        InputError: an argument is out of its range.
    """
    sharing = SupermaskSharing(space, tasks=tasks, density=density)
    if not 0 < masks <= 1:
        raise InputError(f"Method 'exssnet' needs a share of masks above 0 and at most 1, got {masks}.")
    seam = _Stream(tasks, masks, transfer=transfer)
    settings = {"tasks": tasks, "density": density, "masks": masks, "exclusive": exclusive, "transfer": transfer}
    return Method(
        "exssnet", settings, schedule=seam, data=seam, architectures=seam, objective=seam, sharing=sharing,
        update=Exclusive(density, exclusive=exclusive), events=seam,
    )  # fmt: skip
