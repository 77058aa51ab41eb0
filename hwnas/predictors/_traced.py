"""What hardware has to do for any architecture of any space, learnt from tracing a few hundred.

A network's figures are those of its blocks, and a block looks only at few choices: its own, and those that say whether
it is there and how wide its neighbours are. Which ones, is found by changing one choice at a time; then random
architectures are traced, each of which shows one combination in every block at once, and after them those that show a
combination still missing. What a block's table lacks in the end is filled in by least squares over its choices; a
block with more combinations than a table may have rows is the sum of what least squares says of each of its choices.

How exact that is, is measured on fresh architectures and kept (`Traced.error`): 0 where every combination was seen. It
bars nothing: a predictor also tries the genes alone, so figures that mislead lose by cross-validation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.stages import stage_of
from hwnas.predictors._counting import count
from hwnas.predictors._lookup import MOST_ROWS, Group, Lookup, every, steps_of

if TYPE_CHECKING:
    from hwnas.predictors._counting import Figures

_KNOWN: WeakKeyDictionary[SearchSpace, SearchSpace] = WeakKeyDictionary()
_TRACES = 400  # at most, besides those that find what depends on what
_BASES = 2
_PROBES = 20


@dataclass(frozen=True)
class Traced:
    """Figures summed over the blocks of a stage.

    Args:
        names: of the figures, ``<stage>.<figure>``.
        sums: of their blocks' tables.
        error: largest relative error of a stage's figure on fresh architectures; 1 where they have one of no name here.
        traces: networks that were traced.
    """

    names: tuple[str, ...]
    sums: Lookup
    error: float
    traces: int

    def __call__(self, genomes: IntArray) -> FloatArray:
        """``(n, g) -> (n, f)``, canonical genomes."""
        return self.sums(genomes)


def described(space: SearchSpace) -> SearchSpace:
    """The space itself if it says what matters to hardware, or cannot be traced; else with what tracing found, once."""
    if space.inner is not None and space.inner.features is None:
        if space not in _KNOWN:
            _KNOWN[space] = _beside(described(space.inner), space)
        return _KNOWN[space]
    if space.features is not None or space.build is None or not space.inputs:
        return space
    if space not in _KNOWN:
        try:
            _KNOWN[space], _ = with_traced_features(space)
        except InputError:  # then its genes have to do
            _KNOWN[space] = space
    return _KNOWN[space]


def _beside(inner: SearchSpace, space: SearchSpace) -> SearchSpace:
    """A space with the features of its inner one, too, if those are known."""
    told, own = inner.features, space.features
    if told is None or own is None:
        return space
    genes = len(inner.choices)
    return SearchSpace(
        space.choices,
        name=space.name,
        parameters=space.parameters,
        build=space.build,
        inputs=space.inputs,
        costs=space.costs,
        features=lambda genomes: np.hstack([told(inner.canonical(genomes[:, :genes])), own(genomes)]),
        feature_names=[*inner.feature_names, *space.feature_names],
    )


def with_traced_features(space: SearchSpace, seed: int = 0) -> tuple[SearchSpace, Traced]:
    """The same space with features found by tracing, and how exact they are.

    Raises:
        InputError: the space cannot build networks, or they do not take its inputs.
    """
    tracing = _Tracing(space, np.random.default_rng(seed)).learn()
    traced = SearchSpace(
        space.choices,
        name=space.name,
        parameters=space.parameters,
        build=space.build,
        inputs=space.inputs,
        costs=space.costs,
        features=tracing,
        feature_names=tracing.names,
    )
    return traced, tracing


class _Tracing:
    def __init__(self, space: SearchSpace, rng: np.random.Generator) -> None:
        self.space, self.rng = space, rng
        self.seen: dict[bytes, Figures] = {}
        self.genomes: list[IntArray] = []

    def trace(self, genome: IntArray) -> Figures:
        """Of one canonical genome, once."""
        key = genome.tobytes()
        if key not in self.seen:
            self.seen[key] = count(self.space, self.space.decode(genome))
            self.genomes.append(genome)
        return self.seen[key]

    def learn(self) -> Traced:
        depends = self._dependencies()
        budget = len(self.seen) + min(_TRACES, max(10, int(min(self.space.count(), 10 * _TRACES))))
        fresh = self.space.sample(_PROBES, self.rng)
        sizes = {place: math.prod(self.space.sizes[genes].tolist()) for place, genes in depends.items()}
        wanted = max(sizes.values(), default=1)
        for genome in self.space.sample(min(2 * wanted, _TRACES // 2), self.rng):
            self.trace(genome)
        self._cover(depends, sizes, budget)
        names = sorted({_name(*key) for figures in self.seen.values() for key in figures})
        base = np.zeros(len(names))
        blocks = []
        for place, genes in depends.items():
            if sizes[place] <= MOST_ROWS:
                blocks.append(self._block(place, genes, names))
            else:
                blocks += self._single(place, genes, names, base)
        sums = Lookup(base, tuple(blocks))
        return Traced(tuple(names), sums, self._error(sums, names, fresh), len(self.seen))

    def _dependencies(self) -> dict[str, IntArray]:
        """Per place the genes that were seen to change it, from a few architectures one choice at a time."""
        genes_of: dict[str, set[int]] = {}
        bases = [self.space.sizes - 1, *self.space.sample(_BASES, self.rng)]
        for base in self.space.canonical(np.stack(bases)):
            at_base = by_place(self.trace(base))
            for place in at_base:
                genes_of.setdefault(place, set())
            for gene in np.flatnonzero(self.space.active(base[None])[0]).tolist():
                for option in range(int(self.space.sizes[gene])):
                    changed = base.copy()
                    changed[gene] = option
                    other = by_place(self.trace(self.space.canonical(changed[None])[0]))
                    for place in at_base.keys() | other.keys():
                        if at_base.get(place) != other.get(place):
                            genes_of.setdefault(place, set()).add(gene)
        return {place: np.array(sorted(genes), dtype=np.int64) for place, genes in sorted(genes_of.items())}

    def _cover(self, depends: Mapping[str, IntArray], sizes: Mapping[str, int], budget: int) -> None:
        """Trace architectures with combinations not yet seen, several blocks' at once, while the budget lasts."""
        for _ in range(_TRACES):
            if len(self.seen) >= budget:
                return
            genome = self.space.sample(1, self.rng)[0]
            taken: set[int] = set()
            missing = False
            for place, genes in depends.items():
                if sizes[place] > _TRACES or taken & set(genes.tolist()):
                    continue
                wanted = self._unseen(genes)
                if wanted is not None:
                    genome[genes] = wanted
                    taken |= set(genes.tolist())
                    missing = True
            if not missing:
                return
            self.trace(self.space.canonical(genome[None])[0])

    def _unseen(self, genes: IntArray) -> IntArray | None:
        sizes = self.space.sizes[genes]
        steps = steps_of(sizes)
        seen = set((np.stack(self.genomes)[:, genes] @ steps).tolist())
        for place in self.rng.permutation(int(sizes.prod())).tolist():
            options = place // steps % sizes
            genome = np.zeros((1, len(self.space.sizes)), dtype=np.int64)
            genome[0, genes] = options
            # A combination that folds into another one whatever the rest says need not be seen.
            if place not in seen and (self.space.canonical(genome)[0, genes] == options).all():
                return np.asarray(options)
        return None

    def _block(self, place: str, genes: IntArray, names: list[str]) -> Group:
        sizes = self.space.sizes[genes]
        steps = steps_of(sizes)
        columns, genomes, values = self._known(place, genes, names)
        rows = np.maximum(one_hot(every(sizes), sizes) @ _additive(genomes, values, sizes), 0.0)
        rows[genomes @ steps] = values
        return Group(genes, steps, columns, rows)

    def _single(self, place: str, genes: IntArray, names: list[str], base: FloatArray) -> Iterator[Group]:
        """What each gene adds to a place with too many combinations for a table; `base` gets what all have."""
        sizes = self.space.sizes[genes]
        columns, genomes, values = self._known(place, genes, names)
        solution = _additive(genomes, values, sizes)
        base[columns] += solution[0]
        ends = 1 + np.cumsum(sizes)
        for gene, size, end in zip(genes.tolist(), sizes.tolist(), ends.tolist(), strict=True):
            yield Group(np.array([gene]), np.array([1]), columns, solution[end - size : end])

    def _known(self, place: str, genes: IntArray, names: list[str]) -> tuple[IntArray, IntArray, FloatArray]:
        """Of a place: columns of its figures, and of all traces the genes that matter with those figures."""
        figures = sorted({figure for traced in self.seen.values() for where, figure in traced if where == place})
        columns = np.array([names.index(_name(place, figure)) for figure in figures], dtype=np.int64)
        values = np.array([[self.seen[g.tobytes()].get((place, f), 0.0) for f in figures] for g in self.genomes])
        return columns, np.stack(self.genomes)[:, genes], values

    def _error(self, sums: Lookup, names: list[str], fresh: IntArray) -> float:
        traced = [count(self.space, self.space.decode(genome)) for genome in fresh]
        told = [*names, *sorted({_name(*key) for figures in traced for key in figures} - set(names))]
        truth, guess = np.zeros((len(fresh), len(told))), np.zeros((len(fresh), len(told)))
        for row, figures in enumerate(traced):
            for key, value in figures.items():
                truth[row, told.index(_name(*key))] += value
        guess[:, : len(names)] = sums(fresh)
        return float(np.max(np.abs(guess - truth) / np.maximum(np.abs(truth), 1.0)))


def _name(place: str, figure: str) -> str:
    return f"{stage_of(place)}.{figure}"


def by_place(figures: Figures) -> dict[str, dict[str, float]]:
    """The same, per place."""
    placed: dict[str, dict[str, float]] = {}
    for (place, figure), value in figures.items():
        placed.setdefault(place, {})[figure] = value
    return placed


def one_hot(options: IntArray, sizes: IntArray) -> FloatArray:
    """Ones, and every option as 0/1: ``(n, g) -> (n, 1 + sum of sizes)``."""
    columns = [options[:, [i]] == np.arange(size) for i, size in enumerate(sizes.tolist())]
    return np.concatenate([np.ones((len(options), 1)), *columns], axis=1).astype(np.float64)


def _additive(genomes: IntArray, values: FloatArray, sizes: IntArray) -> FloatArray:
    """Least squares on one-hot options, ``(1 + sum of sizes, figures)``: what to expect of combinations not seen."""
    solution, *_ = np.linalg.lstsq(one_hot(genomes, sizes), values, rcond=None)
    return np.asarray(solution, dtype=np.float64)
