"""What a Gaussian process sees of genomes: their options one by one, and what the space itself says matters.

A choice of very many options is seen by groups of neighbouring options and, where it is ordered, by its rank, so that
what is computed does not grow with the square of the options: a few hundred measurements could not tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace

MOST_GROUPS = 64  # of a choice


def groups(space: SearchSpace) -> IntArray:
    """How many options, or groups of them, are told apart of each choice, ``(g,)``."""
    return np.minimum(space.sizes, MOST_GROUPS)


def inputs(space: SearchSpace, genomes: IntArray) -> FloatArray:
    """Groups as 0/1, inactive choices all 0, ``(n, sum of groups)``; then ranks of large choices and the space's own
    features: ``(n, f)``.
    """
    sizes, active = groups(space), space.active(genomes)
    rows, genes = np.nonzero(active)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    hot = np.zeros((len(genomes), int(starts[-1])))
    hot[rows, starts[genes] + genomes[rows, genes] * sizes[genes] // space.sizes[genes]] = 1.0
    ranked = _ranked(space)
    ranks = genomes[:, ranked] * active[:, ranked] / np.maximum(1, space.sizes[ranked] - 1)
    own = [] if space.features is None else [space.features(genomes)]
    return np.concatenate([hot, ranks, *own], axis=1)


def with_features(space: SearchSpace, more: Callable[[IntArray, FloatArray], FloatArray]) -> SearchSpace:
    """The space with further features ``(n, k)`` beside its own; `more` gives them, from genomes and their `inputs`."""
    before = int(groups(space).sum()) + len(_ranked(space))

    def features(genomes: IntArray) -> FloatArray:
        rows = inputs(space, genomes)
        return np.hstack([rows[:, before:], more(genomes, rows)])

    return SearchSpace(space.choices, name=space.name, features=features)


def _ranked(space: SearchSpace) -> IntArray:
    """Ordered choices of more options than are told apart."""
    ordered = np.array([choice.ordered for choice in space.choices], dtype=np.bool_)
    return np.flatnonzero(ordered & (space.sizes > MOST_GROUPS))
