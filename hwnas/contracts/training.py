"""The seams of supernet training: what a method may decide, and what the loop hands to it.

One loop trains by every method::

    for stage in schedule:                                      # sub-space, rate, what is trainable
        for rows in data:                                       # which examples
            for job in architectures.plan(step):                # which sub-networks; the largest first
                output = supernet(inputs, job.architecture)     # sharing: the weights of each
                objective.loss(job, output, context).backward()
            update.before_step(); optimizer.step(); update.after_step()
            apply(events.edits(statistics))                     # Split, Prune, Shrink, NewTask, Reset, Assign

A method fills some seams and leaves the others at their defaults, which together are single path one-shot training
with uniform sampling. Every seam is a Protocol whose bodies are the default: a method's file derives from it, overrides
the one question it answers, and has nothing to save unless it says so. An object that derives from nothing here fills
a seam too, if it has all the seam's members.

Everything random is drawn from a generator seeded by the run's seed and the step, and whatever else a seam remembers
is in its `state`; so a run that was killed ends with the same tensors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Batch, Rows
from hwnas.contracts.training_events import Event, Probe
from hwnas.contracts.training_step import Context, Curve, Job, Output, Stage, State, Statistics, Step

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

    from hwnas.contracts.sharing import SharingScheme


@runtime_checkable
class Seam(Protocol):
    """What all seams have in common. A default that does nothing says so by `return`: without it, it were abstract."""

    def state(self) -> State:
        """All that it remembers from one step to the next; nothing by default."""
        return {}

    def restore(self, state: State) -> None:  # noqa: ARG002
        """Go on from what `state` gave in another process."""
        return

    def on_step(self, statistics: Statistics) -> None:  # noqa: ARG002
        """Learn from a step."""
        return

    def on_event(self, event: Event) -> None:  # noqa: ARG002
        """Learn of an edit that was made."""
        return


@runtime_checkable
class Schedule(Seam, Protocol):
    """Which stage is when. Default: one stage, the whole space, at the recipe's learning rate."""

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        """Stages that take `steps` steps together; `curve` is the recipe's learning rate."""
        return [Stage(SubSpace(space), steps, lambda index: curve(index, steps))]


@runtime_checkable
class DataSampler(Seam, Protocol):
    """Which examples are seen. Default: all of them once per epoch, shuffled."""

    def order(self, examples: Rows, epoch: int, rng: np.random.Generator) -> IntArray:  # noqa: ARG002
        """Rows of `examples` in the order of an epoch, ``(m,)`` for any m of at least one batch."""
        return rng.permutation(len(examples))


@runtime_checkable
class ArchitectureSampler(Seam, Protocol):
    """Which sub-networks a step trains. Default: one, drawn uniformly from the stage's sub-space."""

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        """The jobs of a step: a teacher or the largest first, at least one with a gradient."""
        space = step.stage.space
        return [Job(space.space.decode(space.sample(1, rng)[0]), "random")]

    def passes(self, stage: Stage) -> float:  # noqa: ARG002
        """What the jobs of a step of `stage` count for together (see `Job.cost`), so that budgets can be in passes."""
        return 1.0

    def watched(self, stage: Stage) -> Mapping[str, Architecture]:
        """The sub-networks to look at on the search examples while training, by role."""
        return {"smallest": stage.space.smallest, "largest": stage.space.largest}


@runtime_checkable
class TrainingObjective(Seam, Protocol):
    """The loss of a job. Default: the task's own."""

    features: Sequence[str] = ()
    """Modules of the plain network whose features are wanted: patterns such as ``blocks.*``."""

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        """A scalar to be made small."""
        return context.task.loss(output.value, context.batch(job))

    def leaving(self, job: Job, name: str, output: Tensor) -> Tensor:  # noqa: ARG002
        """What the next module gets in place of the `output` of one whose features are wanted; by default the same."""
        return output

    def teacher(self, job: Job, batch: Batch) -> Output | None:  # noqa: ARG002
        """What a job in the role of a teacher gives, from a network of one's own; None: the supernet's sub-network."""
        return None


@runtime_checkable
class UpdateRule(Seam, Protocol):
    """What an update may do. Default: anything the optimizer says."""

    def after_backward(self, job: Job, context: Context) -> None:  # noqa: ARG002
        """The gradient of `job` was added to that of the jobs before it."""
        return

    def before_step(self, context: Context, optimizer: Optimizer) -> None:  # noqa: ARG002
        """The gradients are complete: clip, project or mask them, or change the optimizer's rate."""
        return

    def after_step(self, context: Context, optimizer: Optimizer) -> None:  # noqa: ARG002
        """The shared tensors were updated: project or mask the update."""
        return


@runtime_checkable
class Events(Seam, Protocol):
    """Edits of the structure, made between two steps. Default: none."""

    def edits(self, statistics: Statistics, probe: Probe) -> Sequence[Event]:  # noqa: ARG002
        """What is to be edited after a step."""
        return ()


class Defaults(Schedule, DataSampler, ArchitectureSampler, TrainingObjective, UpdateRule, Events):
    """Every seam at its default."""


_SEAMS: Mapping[str, type] = {
    "schedule": Schedule,
    "data": DataSampler,
    "architectures": ArchitectureSampler,
    "objective": TrainingObjective,
    "update": UpdateRule,
    "events": Events,
}


@dataclass(frozen=True)
class Method:
    """A training method: its name and settings, and the seams it fills; the rest of the loop is the same for all.

    An object may fill several seams; it is told of a step, and its state is saved, once.

    Args:
        name: as it is found.
        settings: JSON only: all that its behaviour depends on besides the space. A run resumes only with the same.
        sharing: the weight-sharing scheme it needs; None: any.
        begins_trained: whether it learns from what the supernet begins as, which is then to be a trained network.

    Raises:
        InputError: an object lacks a member of the seam it is to fill.
    """

    name: str
    settings: Mapping[str, object] = field(default_factory=dict)
    schedule: Schedule = field(default_factory=Defaults)
    data: DataSampler = field(default_factory=Defaults)
    architectures: ArchitectureSampler = field(default_factory=Defaults)
    objective: TrainingObjective = field(default_factory=Defaults)
    sharing: SharingScheme | None = None
    update: UpdateRule = field(default_factory=Defaults)
    events: Events = field(default_factory=Defaults)
    begins_trained: bool = False

    def __post_init__(self) -> None:
        for name, kind in _SEAMS.items():
            seam = getattr(self, name)
            members = [member for member in dir(kind) if not member.startswith("_")]
            lacking = [member for member in members if isinstance(seam, type) or not hasattr(seam, member)]
            if lacking:
                raise InputError(
                    f"Method {quoted(self.name)} should have as `{name}` an object with {', '.join(members)}, got "
                    f"{quoted(seam)} without {', '.join(lacking)}; derive its class from `{kind.__name__}` of "
                    f"{__name__}, which has a default for each."
                )

    @property
    def seams(self) -> Mapping[str, Seam]:
        """Every seam by the name of the (first) field it fills."""
        seams: dict[str, Seam] = {}
        for name in _SEAMS:
            seam = getattr(self, name)
            if all(seam is not other for other in seams.values()):
                seams[name] = seam
        return seams

    def state(self) -> State:
        """What the seams remember: ``seam/name`` to tensor or JSON value."""
        return {f"{field}/{name}": value for field, seam in self.seams.items() for name, value in seam.state().items()}

    def restore(self, state: State) -> None:
        """Go on from what `state` gave.

        Raises:
            InputError: it is the state of another method.
        """
        unknown = {name.partition("/")[0] for name in state} - set(self.seams)
        if unknown:
            raise InputError(f"Method {self.name!r} has no seam {sorted(unknown)[0]!r} to restore; use its own run.")
        for name, seam in self.seams.items():
            start = f"{name}/"
            own = {key.removeprefix(start): value for key, value in state.items() if key.startswith(start)}
            if own:
                seam.restore(own)
