"""Splits where gradients disagree (Hu et al., "Generalizing Few-Shot NAS with Gradient Matching", ICLR 2022).

A supernet becomes several as in few-shot search, but where and how is decided by what would disturb what: two options
of a choice that pull the weights around them in different directions had better not share them. Before a split come
steps that compare: sub-networks that differ in one choice take its options in turn on the same examples. The distance
of two options is one less the cosine of their gradients, over the tensors that both use. The options of a choice are
divided into two groups with the most distance between them, and the choice with the most of it is split.

Where we differ: the steps that compare train too, so all members together take the passes of one supernet's training;
weights are kept after the last split, where the published code begins anew; a tensor of one option alone is left out
because other options do not use it, and in elastic spaces, where options share all, none is.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import ArchitectureSampler, Events, Method, Schedule, UpdateRule
from hwnas.contracts.training_events import Event, Probe, Split
from hwnas.contracts.training_step import Context, Curve, Job, Stage, State, Statistics, Step
from hwnas.sharing.members import MembersSharing
from hwnas.training._disagreement import MOST_OPTIONS, Disagreement, Gradients, alone, divisible
from hwnas.training._samplers import in_turn
from hwnas.training._stages import divided, one_after_another

_PLAIN, _COMPARING, _SPLITTING = "train", "compare", ", then split"


class _WhereGradientsDisagree(Schedule, ArchitectureSampler, UpdateRule, Events):
    def __init__(self, space: SearchSpace, splits: Sequence[float], comparing: float) -> None:
        self._space, self._splits, self._comparing = space, splits, comparing
        self._members = [SubSpace(space)]
        self._distances = Disagreement()
        self._gradients: list[Gradients] = []  # after each job of the step

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        sizes = sorted({len(choice.options) for choice, _ in divisible(SubSpace(space))})
        compare = [f"{_COMPARING} {size} options" for size in sizes]
        compare[-1] += _SPLITTING
        names, weights, done = [], [], 0.0
        for share in self._splits:
            names += [_PLAIN, *compare]
            weights += [share - done - self._comparing, *[self._comparing / len(sizes)] * len(sizes)]
            done = share
        return one_after_another(space, [*names, _PLAIN], divided(steps, [*weights, 1 - done]), curve)

    def passes(self, stage: Stage) -> float:
        return float(_size(stage))

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        number, size = in_turn(step, self._members), _size(step.stage)
        member = number if len(self._members) > 1 else None
        space = step.stage.space.narrowed(self._members[number].options)
        base, compared = space.space.decode(space.sample(1, rng)[0]), self._compared(step)
        if compared is None:
            return [Job(base, "random", weight=1 / size, member=member)] * size
        choice, options = compared
        values = [*options, *[options[0]] * (size - len(options))]  # a member may have fewer
        all_open = {
            c.name: c.options[rng.choice(few)] for c, few in zip(space.space.choices, space.allowed, strict=True)
        }
        drawn = {**all_open, **base}  # an option may switch on what the base has not
        architectures = [space.space.architecture({**drawn, choice.name: value}) for value in values]
        return [Job(architecture, "random", weight=1 / size, member=member) for architecture in architectures]

    def _compared(self, step: Step) -> tuple[Choice, Sequence[Option]] | None:
        """The choice that the sub-networks of a step differ in, and its options there."""
        member = self._members[in_turn(step, self._members)]
        asked = [pair for pair in divisible(member) if len(pair[0].options) == _size(step.stage)]
        return asked[step.index // len(self._members) % len(asked)] if asked else None

    def after_backward(self, job: Job, context: Context) -> None:  # noqa: ARG002
        if _size(context.step.stage) > 1:
            self._gradients.append({n: p.grad.clone() for n, p in context.parameters.items() if p.grad is not None})

    def on_step(self, statistics: Statistics) -> None:
        each, self._gradients = alone(self._gradients), []
        compared = self._compared(statistics.step)
        if not each or compared is None:
            return
        choice, options = compared
        self._distances.add(in_turn(statistics.step, self._members), choice.name, each[: len(options)])

    def edits(self, statistics: Statistics, probe: Probe) -> Sequence[Event]:  # noqa: ARG002
        if not (statistics.ends_stage and statistics.step.stage.name.endswith(_SPLITTING)):
            return ()
        halves = [self._distances.halves(i, member) for i, member in enumerate(self._members)]
        self._distances.forget()
        return [Split(i, into) for i, into in enumerate(halves) if into]

    def on_event(self, event: Event) -> None:
        if isinstance(event, Split):
            self._members[event.member] = event.into[0]
            self._members += event.into[1:]

    def state(self) -> State:
        members = [{name: list(options) for name, options in member.options.items()} for member in self._members]
        return {"members": members, **self._distances.state()}

    def restore(self, state: State) -> None:
        self._members = [SubSpace(self._space, {n: tuple(o) for n, o in m.items()}) for m in state["members"]]
        self._distances.restore(state)


def _size(stage: Stage) -> int:
    """Sub-networks per step."""
    return int(stage.name.split()[1]) if stage.name.startswith(_COMPARING) else 1


def gm_nas(space: SearchSpace, *, splits: Sequence[float] = (0.25, 0.5), comparing: float = 0.05) -> Method:
    """Every member becomes two after each of the shares `splits` of the steps.

    Args:
        space: what is searched.
        splits: rising, between 0 and 1.
        comparing: share of the steps before each split that compares options.

    Raises:
        InputError: no choice can be split, or an argument is out of its range.
    """
    shares = [0.0, *splits, 1.0]
    if len(shares) < 3 or comparing <= 0 or any(b - a < comparing for a, b in pairwise(shares)):
        raise InputError(
            "Method 'gm_nas' needs splits between 0 and 1, further apart than the share comparing of the steps, got "
            f"{list(splits)} and {comparing}."
        )
    if not list(divisible(SubSpace(space))):
        raise InputError(
            "Method 'gm_nas' splits a choice that is active in every architecture and has 2 to "
            f"{MOST_OPTIONS} options, and there is none; train by 'uniform'."
        )
    seam = _WhereGradientsDisagree(space, splits, comparing)
    return Method(
        "gm_nas",
        {"splits": list(splits), "comparing": comparing},
        schedule=seam,
        architectures=seam,
        update=seam,
        events=seam,
        sharing=MembersSharing(space),
    )
