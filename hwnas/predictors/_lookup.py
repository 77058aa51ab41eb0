"""Figures of many genomes as sums of looked-up rows, one row per group of genes.

What matters to hardware adds up over a network, and most choices contribute apart. Choices that do not (kernel and
expansion of one block; depth and what depends on it) are found by trying pairs, and form groups. Then a figure is that
of a base genome plus, per group, the difference its options make; all of these are computed once. That this holds is
not assumed but tried on random genomes; where it does not, there is no such table and the figures are computed as
before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from hwnas.contracts.search_space import SearchSpace

MOST_ROWS = 50_000  # of one group
_TRIES = 4
_PROBES = 200
_SAME = 1e-9


@dataclass(frozen=True)
class Group:
    """What some choices together add: rows ``(combinations, c)`` for some columns, in the order of `every`."""

    genes: IntArray
    steps: IntArray  # how far one option of each gene moves in the table
    columns: IntArray
    rows: FloatArray


@dataclass(frozen=True)
class Lookup:
    """``(n, g) -> (n, k)`` by look-ups: a base, and what each group adds; made by `Lookup.of`, or by tracing."""

    base: FloatArray
    groups: tuple[Group, ...]

    @classmethod
    def of(cls, space: SearchSpace, figures: Callable[[IntArray], FloatArray]) -> Self | None:
        """The table of ``figures: (n, g) -> (n, k)``; None where they do not add up or a group is too large."""
        base = figures(np.zeros((1, len(space.sizes)), dtype=np.int64))[0]
        groups = _groups(space, figures, base)
        if any(np.prod(space.sizes[genes].astype(np.float64)) > MOST_ROWS for genes in groups):
            return None
        lookup = cls(base, tuple(_tabulated(space, genes, figures, base) for genes in groups))
        probes = space.sample(_PROBES, np.random.default_rng(0))
        truth = figures(probes)
        size = np.abs(truth).max(axis=0) + 1e-300
        return lookup if (np.abs(lookup(probes) - truth) <= _SAME * size).all() else None

    def __call__(self, genomes: IntArray) -> FloatArray:
        """Figures ``(n, k)`` of genomes ``(n, g)``, canonical or not."""
        result = np.tile(self.base, (len(genomes), 1))
        for group in self.groups:
            place = np.zeros(len(genomes), dtype=np.int64)
            for gene, step in zip(group.genes.tolist(), group.steps.tolist(), strict=True):
                place += genomes[:, gene] * step
            if len(group.columns) == result.shape[1]:
                result += group.rows[place]
            else:
                result[:, group.columns] += group.rows[place]
        return result


def _groups(space: SearchSpace, figures: Callable[[IntArray], FloatArray], base: FloatArray) -> list[IntArray]:
    """Genes joined by conditions or by what they do together, each gene in one group."""
    group = np.arange(len(space.choices))
    names = list(space.names)
    for i, choice in enumerate(space.choices):
        for parent in choice.active_if:
            group[group == group[i]] = group[names.index(parent)]
    genes = [np.flatnonzero(group == one) for one in dict.fromkeys(group.tolist())]
    for i, j in _interacting(space, genes, figures, base):
        group[group == group[genes[i][0]]] = group[genes[j][0]]
    return [np.flatnonzero(group == one) for one in dict.fromkeys(group.tolist())]


def _interacting(
    space: SearchSpace, groups: list[IntArray], figures: Callable[[IntArray], FloatArray], base: FloatArray
) -> list[tuple[int, int]]:
    """Pairs of groups whose joint difference to the base was seen to be another than the sum of both's."""
    pairs = [(i, j) for i in range(len(groups)) for j in range(i)] * _TRIES
    if not pairs:
        return []
    rng = np.random.default_rng(0)
    changed = rng.integers(np.minimum(1, space.sizes - 1), space.sizes, size=(len(pairs), len(space.sizes)))
    one, other = (np.zeros_like(changed) for _ in range(2))
    for row, (i, j) in enumerate(pairs):
        one[row, groups[i]] = changed[row, groups[i]]
        other[row, groups[j]] = changed[row, groups[j]]
    both, first, second = (figures(space.canonical(genomes)) for genomes in (one + other, one, other))
    size = np.abs(both).max(axis=0) + 1e-300
    together = (np.abs(both - first - second + base) > _SAME * size).any(axis=1)
    return sorted({pair for pair, on in zip(pairs, together, strict=True) if on})


def _tabulated(
    space: SearchSpace, genes: IntArray, figures: Callable[[IntArray], FloatArray], base: FloatArray
) -> Group:
    sizes = space.sizes[genes]
    steps, options = steps_of(sizes), every(sizes)
    genomes = np.zeros((len(options), len(space.sizes)), dtype=np.int64)
    genomes[:, genes] = options
    canonical = space.canonical(genomes)
    # Many rows denote the same network: those are computed once.
    places = (canonical[:, genes] * steps).sum(axis=1)
    different, which = np.unique(places, return_inverse=True)
    rows = figures(canonical[different]) - base
    columns = np.flatnonzero((rows != 0).any(axis=0))
    return Group(genes, steps, columns, np.ascontiguousarray(rows[:, columns][which.reshape(-1)]))


def steps_of(sizes: IntArray) -> IntArray:
    """How far one option of each choice moves among all combinations; ``(g,)`` sizes, ``(g,)``."""
    return np.concatenate([[1], np.cumprod(sizes[:-1])]).astype(np.int64)[: len(sizes)]


def every(sizes: IntArray) -> IntArray:
    """All combinations of options, the first choice changing fastest, ``(combinations, g)``."""
    return np.arange(int(sizes.prod()))[:, None] // steps_of(sizes) % sizes
