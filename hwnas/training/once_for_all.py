"""Progressive shrinking (Cai et al., "Once-for-All: Train One Network and Specialize it for Efficient Deployment",
ICLR 2020).

The largest sub-network is trained first and becomes the teacher. Then choices are opened in stages, kernel sizes,
depths, and all others, so that smaller sub-networks begin from weights that already work: all kernel sizes at once, the
rest one option after another, the larger ones first. Kernels below the largest are transformed by matrices that are
learnt (see `hwnas.sharing.kernel_transform`); with `transform=false`, a control, they are centres of the largest.

Lengths, rates relative to the first stage, and sub-networks per step are those of the published code, for spaces of any
number of options. Where we differ: channels are not sorted by importance before the widths are opened, since a space
does not say which dimensions of which tensors belong to one channel; and there is no label smoothing.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from torch import Tensor

from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training import ArchitectureSampler, Events, Method, Schedule, TrainingObjective
from hwnas.contracts.training_events import Event, Probe
from hwnas.contracts.training_step import FORWARD_ONLY, Context, Curve, Job, Output, Stage, State, Statistics, Step
from hwnas.sharing.kernel_transform import KernelTransformSharing
from hwnas.sharing.prefix import PrefixSharing
from hwnas.training._stages import divided
from hwnas.training._teacher import FrozenTeacher

_LARGEST = "largest"


class _Phase(NamedTuple):
    name: str
    space: SubSpace
    nets: int  # sub-networks per step
    epochs: int  # of ImageNet in the paper; here shares of the steps
    rate: float  # relative to that of the largest network and of kernel sizes, 3e-2 in the published code


def _phases(space: SearchSpace) -> list[_Phase]:
    kinds = {"kernel": [c for c in space.choices if "kernel" in c.name]}
    kinds["depth"] = [c for c in space.choices if "depth" in c.name and c not in kinds["kernel"]]
    kinds["width"] = [c for c in space.choices if c not in kinds["kernel"] + kinds["depth"]]
    allowed = {c.name: c.options[-1:] for c in space.choices}
    phases = [_Phase(_LARGEST, SubSpace(space, dict(allowed)), 1, 180, 1.0)]
    for (kind, choices), nets in zip(kinds.items(), (1, 2, 4), strict=True):
        opened = _openings(choices, at_once=kind == "kernel")
        for number, options in enumerate(opened, start=1):
            allowed |= options
            last = number == len(opened)
            rate = 1.0 if kind == "kernel" else 7.5e-3 / 3e-2 if last else 2.5e-3 / 3e-2
            phases.append(_Phase(f"{kind} {number}", SubSpace(space, dict(allowed)), nets, 120 if last else 25, rate))
    return phases


def _openings(choices: Sequence[Choice], *, at_once: bool) -> list[dict[str, tuple[Option, ...]]]:
    """What each phase keeps of `choices`; those without an order are open from the first on."""
    most = max((len(c.options) for c in choices), default=1)
    first = most if at_once else 2
    counts = range(first, most + 1) if most > 1 else ()
    return [{c.name: c.options[-count:] if c.ordered else c.options for c in choices} for count in counts]


def _scaled(curve: Curve, rate: float, steps: int, index: int) -> float:
    return rate * curve(index, steps)


class _Progressive(Schedule, ArchitectureSampler):
    def __init__(self, space: SearchSpace) -> None:
        self._phases = {phase.name: phase for phase in _phases(space)}

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:  # noqa: ARG002
        lengths = divided(steps, [phase.epochs for phase in self._phases.values()])
        return [
            Stage(phase.space, length, partial(_scaled, curve, phase.rate, length), name=phase.name)
            for phase, length in zip(self._phases.values(), lengths, strict=True)
        ]

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        space, phase = step.stage.space, self._phases[step.stage.name]
        if phase.name == _LARGEST:
            return [Job(space.largest, "largest")]
        drawn = [space.space.decode(genome) for genome in space.sample(phase.nets, rng)]
        return [Job(space.space.largest, "teacher"), *(Job(architecture, "random") for architecture in drawn)]

    def passes(self, stage: Stage) -> float:
        phase = self._phases[stage.name]
        return 1.0 if phase.name == _LARGEST else FORWARD_ONLY + phase.nets


class _Taught(TrainingObjective, Events):
    def __init__(self, space: SearchSpace, kd_ratio: float) -> None:
        self._largest, self._kd_ratio = space.largest, kd_ratio
        self._teacher = FrozenTeacher(space, space.largest)

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        teacher, loss = context.teacher(job), super().loss(job, output, context)
        if teacher is None:
            return loss
        return loss + self._kd_ratio * context.task.distil(output.value, teacher.value)

    def teacher(self, job: Job, batch: Batch) -> Output | None:  # noqa: ARG002
        return self._teacher.output(batch)

    def edits(self, statistics: Statistics, probe: Probe) -> Sequence[Event]:
        if statistics.ends_stage and statistics.step.stage.name == _LARGEST:
            self._teacher.take(probe.extract(self._largest))
        return ()

    def state(self) -> State:
        return self._teacher.state()

    def restore(self, state: State) -> None:
        self._teacher.restore(state)


def once_for_all(space: SearchSpace, *, kd_ratio: float = 1.0, transform: bool = True) -> Method:
    """Largest, kernel sizes, depths, all others; a choice is of the kind that its name contains.

    Args:
        space: what is searched.
        kd_ratio: weight of the teacher's loss beside that of the labels.
        transform: False is a control: kernels are cut, not transformed.

    Raises:
        InputError: `kd_ratio` is not a number of at least 0.
    """
    if not 0 <= kd_ratio < float("inf"):
        raise InputError(f"Method 'once_for_all' needs a kd_ratio of at least 0, got {kd_ratio}.")
    progressive, taught = _Progressive(space), _Taught(space, kd_ratio)
    return Method(
        "once_for_all",
        {"kd_ratio": kd_ratio, "transform": transform},
        schedule=progressive,
        architectures=progressive,
        objective=taught,
        events=taught,
        sharing=KernelTransformSharing(space) if transform else PrefixSharing(space),
    )
