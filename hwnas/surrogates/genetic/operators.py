"""Variation of integer genomes for pymoo.

Genes are option numbers, not quantities: crossover swaps whole genes, mutation changes each gene with its own
small probability to another option (for ordered choices mostly a neighbour), and repair folds inactive genes,
so that equal networks are seen to be equal. Every draw is from the generator pymoo hands in.

Two habits of pymoo matter here. `Mutation(prob)` is the chance that an *individual* is mutated, so the rate per
gene is ours. Duplicates are removed against the current population only, so `Unseen` also knows the history.
"""

from typing import Any

import numpy as np
from pymoo.core.crossover import Crossover
from pymoo.core.duplicate import DuplicateElimination
from pymoo.core.mutation import Mutation
from pymoo.core.repair import Repair

from hwnas.contracts.arrays import BoolArray, IntArray
from hwnas.contracts.search_space import SearchSpace

NEIGHBOUR_SHARE = 0.7  # of the mutations of an ordered choice; the rest go to any other option


class UniformCrossover(Crossover):  # type: ignore[misc]  # pymoo is untyped
    """Two parents, two children; each gene is swapped with probability one half."""

    def __init__(self, prob: float = 0.9) -> None:
        super().__init__(2, 2, prob=prob)

    def _do(self, problem: Any, X: IntArray, *args: Any, random_state: Any = None, **kwargs: Any) -> IntArray:  # noqa: ANN401, ARG002
        swap = random_state.random(X.shape[1:]) < 0.5
        return np.stack([np.where(swap, X[1], X[0]), np.where(swap, X[0], X[1])])


class OptionMutation(Mutation):  # type: ignore[misc]  # pymoo is untyped
    """Each gene with more than one option changes with probability `rate`, and then really changes.

    Args:
        space: knows the options and which choices are ordered.
        rate: per gene; None: one gene in expectation among those that can change.
    """

    def __init__(self, space: SearchSpace, rate: float | None = None) -> None:
        super().__init__(prob=1.0)
        self.space = space
        self.rate = rate if rate is not None else 1.0 / max(1, int((space.sizes > 1).sum()))

    def _do(self, problem: Any, X: IntArray, *args: Any, random_state: Any = None, **kwargs: Any) -> IntArray:  # noqa: ANN401, ARG002
        return mutated(self.space, X.astype(np.int64), self.rate, random_state)


def mutated(space: SearchSpace, genomes: IntArray, rate: float, rng: np.random.Generator) -> IntArray:
    """A copy of ``(n, g)`` in which each gene has changed with probability `rate`; not yet canonical."""
    rows, genes = np.nonzero((rng.random(genomes.shape, dtype=np.float32) < rate) & (space.sizes > 1))
    old, sizes = genomes[rows, genes], space.sizes[genes]
    other = (old + rng.integers(1, sizes)) % sizes
    step = np.where(rng.random(len(rows)) < 0.5, 1, -1)
    beside = old + step
    beside = np.where((beside < 0) | (beside >= sizes), old - step, beside)  # at an end there is one neighbour
    ordered = np.array([choice.ordered for choice in space.choices])[genes]
    nearby = ordered & (rng.random(len(rows)) < NEIGHBOUR_SHARE)
    changed = genomes.copy()
    changed[rows, genes] = np.where(nearby, beside, other)
    return changed


class Canonical(Repair):  # type: ignore[misc]  # pymoo is untyped
    """Fold inactive genes to 0."""

    def __init__(self, space: SearchSpace) -> None:
        super().__init__()
        self.space = space

    def _do(self, problem: Any, X: IntArray, **kwargs: Any) -> IntArray:  # noqa: ANN401, ARG002
        return self.space.canonical(X.astype(np.int64))


class Unseen(DuplicateElimination):  # type: ignore[misc]  # pymoo is untyped
    """Drop what the population or the history holds.

    Args:
        known: bytes of the genomes (int64) of the history.
    """

    def __init__(self, keys: set[bytes] | None = None) -> None:
        super().__init__()
        self.known = set() if keys is None else keys

    def _do(self, pop: Any, other: Any, is_duplicate: BoolArray) -> BoolArray:  # noqa: ANN401
        held = set() if other is None else {row.tobytes() for row in _genomes(other)}
        for i, row in enumerate(_genomes(pop)):
            name = row.tobytes()
            is_duplicate[i] = name in held or name in self.known
            if other is None:
                held.add(name)
        return is_duplicate


def _genomes(population: Any) -> IntArray:  # noqa: ANN401
    return np.ascontiguousarray(population.get("X"), dtype=np.int64)
