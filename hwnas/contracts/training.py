"""The seams of supernet training: what a method may decide, and what the loop hands to it.

One loop trains by every method::

    for stage in schedule:                                      # sub-space, rate, what is trainable
        for rows in data:                                       # which examples
            for job in architectures.plan(step):                # which sub-networks; the largest first
                output = supernet(inputs, job.architecture)     # sharing: the weights of each
                objective.loss(job, output, context).backward()
            update.before_step(); optimizer.step(); update.after_step()
            apply(events.edits(statistics))                     # Split, Prune, Shrink, NewTask, Reset

A method fills some seams and leaves the others at their defaults, which together are single path one-shot training
with uniform sampling. Every seam is a Protocol whose bodies are the default: a method's file derives from it, overrides
the one question it answers, and has nothing to save unless it says so. An object that derives from nothing here fills
a seam too, if it has all the seam's members.

Everything random is drawn from a generator seeded by the run's seed and the step, and whatever else a seam remembers
is in its `state`; so a run that was killed ends with the same tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, get_args, runtime_checkable

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Batch, Examples, Task
from hwnas.contracts.words import one_of

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

    from hwnas.contracts.sharing import SharingScheme

Role = Literal["largest", "smallest", "random", "fixed", "teacher"]
State = dict[str, Any]
"""What a seam remembers: tensors, and JSON values, by name."""
Curve = Callable[[int, int], float]
"""Learning rate of a step, given its number and how many there are."""

FORWARD_ONLY = 1 / 3
"""What a pass without a gradient costs: a backward pass takes about twice the time of its forward pass."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A phase of a training.

    Args:
        space: what is trained in it.
        steps: how long.
        rate: learning rate of a step, by its number within the stage.
        trainable: whether a shared tensor learns, by its name; the others keep their values and take no decay.
        name: said in the curve of the training.
    """

    space: SubSpace
    steps: int
    rate: Callable[[int], float]
    trainable: Callable[[str], bool] = lambda _: True
    name: str = ""


@dataclass(frozen=True, eq=False)
class Step:
    """One update of the shared tensors.

    Args:
        index: number of the step, from 0.
        of: how many steps there are.
        epoch: how often the data was gone through before.
        stage: the stage it is in.
        rows: which training examples it takes, ``(n,)``.
        batch: these, augmented.
    """

    index: int
    of: int
    epoch: int
    stage: Stage
    rows: IntArray
    batch: Batch


@dataclass(frozen=True)
class Job:
    """One sub-network pass of a step.

    Args:
        architecture: which sub-network.
        role: what it is in this step; a `teacher` gets no loss and no gradient.
        weight: scales its loss.
        member: which set of shared tensors, for schemes that have several; None: the scheme decides.
        rows: which of the batch's examples it sees: from the first, to before the second; None: all.
    """

    architecture: Architecture
    role: Role
    weight: float = 1.0
    member: int | None = None
    rows: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        one_of("the role of a job", self.role, get_args(Role))

    def cost(self, examples: int) -> float:
        """Sub-network passes it counts for in a batch of `examples`: its share, a third of that without a gradient."""
        share = 1.0 if self.rows is None else (self.rows[1] - self.rows[0]) / examples
        return share * (FORWARD_ONLY if self.role == "teacher" else 1.0)

    def seen(self, x: Tensor) -> Tensor:
        """The rows it sees of a tensor of the batch."""
        return x if self.rows is None else x[self.rows[0] : self.rows[1]]


class Feature(NamedTuple):
    """What went into a module of the plain network (its first input) and what came out."""

    input: Tensor
    output: Tensor


@dataclass(frozen=True)
class Output:
    """What a sub-network gave: its output, and the features that the objective asked for, by module name."""

    value: Tensor
    features: Mapping[str, Feature] = field(default_factory=dict)

    def detached(self) -> Output:
        """The same without gradients."""
        features = {name: Feature(f.input.detach(), f.output.detach()) for name, f in self.features.items()}
        return Output(self.value.detach(), features)

    def seen(self, job: Job) -> Output:
        """The same for the examples that `job` sees."""
        features = {n: Feature(job.seen(f.input), job.seen(f.output)) for n, f in self.features.items()}
        return Output(job.seen(self.value), features)


@dataclass
class Context:
    """What the jobs of one step share: the step, the task, and what earlier jobs left for later ones."""

    step: Step
    task: Task
    parameters: Mapping[str, Tensor]
    outputs: list[tuple[Job, Output]] = field(default_factory=list)

    def batch(self, job: Job) -> Batch:
        """The examples that `job` sees."""
        whole = self.step.batch
        return Batch(tuple(job.seen(x) for x in whole.inputs), job.seen(whole.labels))

    def teacher(self, job: Job) -> Output | None:
        """What the step's teacher, or else its largest sub-network, gave for the examples of `job`; detached."""
        for role in ("teacher", "largest"):
            for done, output in self.outputs:
                if done.role == role and done.rows in (None, job.rows):
                    return output if done.rows == job.rows else output.seen(job)
        return None


@dataclass(frozen=True, eq=False)
class Statistics:
    """What a step did; computed once, told to every seam, and only as far as somebody asks.

    Args:
        context: of the step; its parameters still have the gradients of the update, its outputs have none.
        passes: sub-network passes since the start of the training.
        losses: of the jobs with a loss, by role; the last of a role.
        ends_epoch: whether it was the last step of an epoch.
        ends_stage: whether it was the last step of its stage.
    """

    context: Context
    passes: float
    losses: Mapping[str, float]
    ends_epoch: bool
    ends_stage: bool

    @property
    def step(self) -> Step:
        """Which step."""
        return self.context.step

    @cached_property
    def gradient_norms(self) -> Mapping[str, float]:
        """L2 norm of the gradient, as the update rule left it, of every shared tensor that got one."""
        parameters = self.context.parameters
        return {name: float(p.grad.norm()) for name, p in parameters.items() if p.grad is not None}


@dataclass(frozen=True, eq=False)
class Split:
    """A set of shared tensors becomes several: each new one starts as a copy, with the optimizer's memory of it.

    `member` keeps the first of the sub-spaces, the others become new members.
    """

    member: int
    into: Sequence[SubSpace]


@dataclass(frozen=True, eq=False)
class Prune:
    """From now on these shared tensors are used times these masks (of 0 and 1), for schemes that mask.

    Such a scheme has a tensor ``mask/NAME`` for the tensor ``NAME``. The values below the zeros are kept, so a later
    mask may bring them back.
    """

    masks: Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class Shrink:
    """From now on only `space` is trained, and dimensions of shared tensors are put in another order.

    Args:
        space: what is left; a sub-network beyond it is not planned any more.
        order: for a tensor and a dimension a permutation of its indices, the ones to keep first; the optimizer's
            memory is put in the same order.
    """

    space: SubSpace
    order: Mapping[str, Mapping[int, IntArray]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class NewTask:
    """The next task of a stream begins: the data sampler starts an epoch of it, and the optimizer forgets."""

    index: int


@dataclass(frozen=True, eq=False)
class Reset:
    """Shared tensors take these values, and the optimizer forgets what it remembers of them."""

    tensors: Mapping[str, Tensor]


Event = Split | Prune | Shrink | NewTask | Reset


class Probe(Protocol):
    """What events may look at besides the statistics. Every sub-network pass made here is counted."""

    task: Task
    examples: Examples

    @property
    def parameters(self) -> Mapping[str, Tensor]:
        """The shared tensors that learn, by name."""

    def batch(self, rows: IntArray) -> Batch:
        """Training examples, not augmented."""

    def output(self, job: Job, batch: Batch) -> Output:
        """A pass, differentiable in the parameters, with the features that the objective names."""

    def extract(self, architecture: Architecture, member: int | None = None) -> nn.Module:
        """The plain network with its own copy of the weights."""

    def initial(self, seed: int) -> dict[str, Tensor]:
        """Fresh shared tensors, as the training would have begun with."""


@runtime_checkable
class Splits(Protocol):
    """A sharing scheme whose set of shared tensors can become several."""

    def split(self, names: Sequence[str], member: int, into: Sequence[SubSpace]) -> Mapping[str, str]:
        """Note the new members; what must be copied: the new tensors' names to those among `names` they start as."""


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

    def order(self, examples: Examples, epoch: int, rng: np.random.Generator) -> IntArray:  # noqa: ARG002
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


@runtime_checkable
class TrainingObjective(Seam, Protocol):
    """The loss of a job. Default: the task's own."""

    features: Sequence[str] = ()
    """Modules of the plain network whose features are wanted: patterns such as ``blocks.*``."""

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        """A scalar to be made small."""
        return context.task.loss(output.value, context.batch(job))

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
        found: dict[str, Seam] = {}
        for name in _SEAMS:
            seam = getattr(self, name)
            if all(seam is not other for other in found.values()):
                found[name] = seam
        return found

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
