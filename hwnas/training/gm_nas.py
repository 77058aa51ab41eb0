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

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate, combinations, pairwise

import numpy as np
import torch
from torch import Tensor

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import ArchitectureSampler, Events, Method, Schedule, UpdateRule
from hwnas.contracts.training_events import Event, Probe, Split
from hwnas.contracts.training_step import Context, Curve, Job, Stage, State, Statistics, Step
from hwnas.sharing.members import MembersSharing
from hwnas.training._samplers import in_turn
from hwnas.training._stages import divided, rate_from

_MOST_OPTIONS = 10  # of a choice that is divided by trying all ways
_PLAIN, _COMPARING, _SPLITTING = "train", "compare", ", then split"

Gradients = dict[str, Tensor]


class _WhereGradientsDisagree(Schedule, ArchitectureSampler, UpdateRule, Events):
    def __init__(self, space: SearchSpace, splits: Sequence[float], comparing: float) -> None:
        self._space, self._splits, self._comparing = space, splits, comparing
        self._members = [SubSpace(space)]
        self._distances: dict[str, FloatArray] = {}  # of options, by member and choice: sums over steps
        self._gradients: list[Gradients] = []  # after each job of the step

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        sizes = sorted({len(choice.options) for choice, _ in _divisible(SubSpace(space))})
        compare = [f"{_COMPARING} {size} options" for size in sizes]
        compare[-1] += _SPLITTING
        names, weights, done = [], [], 0.0
        for share in self._splits:
            names += [_PLAIN, *compare]
            weights += [share - done - self._comparing, *[self._comparing / len(sizes)] * len(sizes)]
            done = share
        lengths = divided(steps, [*weights, 1 - done])
        starts = accumulate(lengths, initial=0)
        return [
            Stage(SubSpace(space), length, partial(rate_from, curve, start, steps), name=name)
            for name, start, length in zip([*names, _PLAIN], starts, lengths, strict=False)
        ]

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
        architectures = [space.space.architecture({**dict(base), choice.name: value}) for value in values]
        return [Job(architecture, "random", weight=1 / size, member=member) for architecture in architectures]

    def _compared(self, step: Step) -> tuple[Choice, Sequence[Option]] | None:
        """The choice that the sub-networks of a step differ in, and its options there."""
        divisible = _divisible(self._members[in_turn(step, self._members)])
        asked = [pair for pair in divisible if len(pair[0].options) == _size(step.stage)]
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
        name = f"{in_turn(statistics.step, self._members)} {choice.name}"
        total = self._distances.setdefault(name, np.zeros((len(options), len(options))))
        for i, j in combinations(range(len(options)), 2):
            total[[i, j], [j, i]] += 1 - cosine(each[i], each[j])

    def edits(self, statistics: Statistics, probe: Probe) -> Sequence[Event]:  # noqa: ARG002
        if not (statistics.ends_stage and statistics.step.stage.name.endswith(_SPLITTING)):
            return ()
        halves = [self._halves(i, member) for i, member in enumerate(self._members)]
        self._distances = {}
        return [Split(i, into) for i, into in enumerate(halves) if into]

    def _halves(self, number: int, member: SubSpace) -> list[SubSpace]:
        """The two parts of a member; none where nothing was compared in it."""
        known = [(*pair, self._distances.get(f"{number} {pair[0].name}")) for pair in _divisible(member)]
        ways = [(choice, options, *divide(total)) for choice, options, total in known if total is not None]
        if not ways:
            return []
        choice, options, _, groups = max(ways, key=lambda way: way[2])
        return [member.narrowed({choice.name: [options[i] for i in group]}) for group in groups]

    def on_event(self, event: Event) -> None:
        if isinstance(event, Split):
            self._members[event.member] = event.into[0]
            self._members += event.into[1:]

    def state(self) -> State:
        members = [{name: list(options) for name, options in member.options.items()} for member in self._members]
        return {"members": members, "distances": {name: total.tolist() for name, total in self._distances.items()}}

    def restore(self, state: State) -> None:
        self._members = [SubSpace(self._space, {n: tuple(o) for n, o in m.items()}) for m in state["members"]]
        self._distances = {name: np.array(total) for name, total in state["distances"].items()}


def _size(stage: Stage) -> int:
    """Sub-networks per step."""
    return int(stage.name.split()[1]) if stage.name.startswith(_COMPARING) else 1


def _divisible(member: SubSpace) -> Iterator[tuple[Choice, Sequence[Option]]]:
    for choice in member.space.choices:
        options = member.options.get(choice.name, choice.options)
        if not choice.active_if and len(options) > 1 and len(choice.options) <= _MOST_OPTIONS:
            yield choice, options


def alone(gradients: Sequence[Gradients]) -> list[Gradients]:
    """Each job's own gradient, of sums with those of the jobs before it; only tensors that it reached."""
    own = []
    for before, total in zip([{}, *gradients], gradients, strict=False):
        reached = {name: g if name not in before else g - before[name] for name, g in total.items()}
        own.append({name: g for name, g in reached.items() if g.any()})
    return own


def cosine(first: Gradients, second: Gradients) -> float:
    """Of two gradients as one vector each, over the tensors that both have."""
    both = [(first[name].flatten().double(), second[name].flatten().double()) for name in first if name in second]
    if not both:
        return 0.0
    a, b = (torch.cat(parts) for parts in zip(*both, strict=True))
    return float(a @ b / (a.norm() * b.norm()).clamp(min=1e-30))


def divide(distances: FloatArray) -> tuple[float, tuple[list[int], list[int]]]:
    """The most distance between two groups of ``(k, k)``, and the groups; the first one holds the first option."""
    k = len(distances)
    ways = [[0, *others] for n in range(k - 1) for others in combinations(range(1, k), n)]
    groups = [(group, [i for i in range(k) if i not in group]) for group in ways]
    between = [float(distances[np.ix_(*pair)].sum()) for pair in groups]
    best = int(np.argmax(between))
    return between[best], groups[best]


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
    if not list(_divisible(SubSpace(space))):
        raise InputError(
            "Method 'gm_nas' splits a choice that is active in every architecture and has 2 to "
            f"{_MOST_OPTIONS} options, and there is none; train by 'uniform'."
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
