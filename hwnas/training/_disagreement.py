"""How far the options of a choice pull shared weights apart, and which of them had better part (for `gm_nas`)."""

import warnings
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training_step import State

MOST_OPTIONS = 10  # of a choice that is divided by trying all ways
Gradients = dict[str, Tensor]


class Disagreement:
    """Distances of options, by member and choice: one less the cosine of their gradients, means over steps."""

    def __init__(self) -> None:
        self._sums: dict[str, FloatArray] = {}
        self._steps: dict[str, int] = {}

    def add(self, member: int, choice: str, gradients: Sequence[Gradients]) -> None:
        """Take up a step that compared the options of a choice, each by the gradient of its own sub-network."""
        name, count = f"{member} {choice}", len(gradients)
        total = self._sums.setdefault(name, np.zeros((count, count)))
        self._steps[name] = self._steps.get(name, 0) + 1
        for i, j in combinations(range(count), 2):
            total[[i, j], [j, i]] += 1 - cosine(gradients[i], gradients[j])

    def of(self, member: int, choice: str) -> FloatArray | None:
        """Of all its options ``(k, k)``; None where they were not compared."""
        name = f"{member} {choice}"
        return self._sums[name] / self._steps[name] if name in self._steps else None

    def halves(self, number: int, member: SubSpace) -> list[SubSpace]:
        """The two parts of a member, by the choice with the most distance between them; none where nothing was
        compared in it.
        """
        means = [(*pair, self.of(number, pair[0].name)) for pair in divisible(member)]
        ways = [(choice, options, *divide(mean)) for choice, options, mean in means if mean is not None]
        if len(ways) < len(means):
            warnings.warn(
                f"Method 'gm_nas' compared the options of {len(ways)} of {len(means)} choices in member {number} "
                f"before its split{'' if ways else ', so it stays whole'}; train longer, or with more of the steps "
                "comparing.",
                stacklevel=2,
            )
        if not ways:
            return []
        choice, options, _, groups = max(ways, key=lambda way: way[2])
        return [member.narrowed({choice.name: [options[i] for i in group]}) for group in groups]

    def forget(self) -> None:
        """Begin anew, for other members."""
        self._sums, self._steps = {}, {}

    def state(self) -> State:
        """JSON only."""
        return {"distances": {name: total.tolist() for name, total in self._sums.items()}, "compared": self._steps}

    def restore(self, state: State) -> None:
        """Go on from what `state` gave."""
        self._sums = {name: np.array(total) for name, total in state["distances"].items()}
        self._steps = dict(state["compared"])


def divisible(member: SubSpace) -> Iterator[tuple[Choice, Sequence[Option]]]:
    """The choices that a member can be split by, with the options that it has of them."""
    for choice in member.space.choices:
        options = member.options.get(choice.name, choice.options)
        if not choice.active_if and len(options) > 1 and len(choice.options) <= MOST_OPTIONS:
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
