"""What hardware has to do for any architecture of any space, learnt from tracing a few hundred.

A network's figures are those of its blocks, and a block looks only at few choices: its own, and those that say whether
it is there and how wide its neighbours are. Which ones, is found by changing one choice at a time; then random
architectures are traced, each of which shows one combination in every block at once, and after them those that show a
combination still missing. What a block's table lacks in the end is filled in by least squares over its choices.

How exact that is, is measured on fresh architectures and kept (`Traced.error`): 0 where every combination was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.predictors._counting import count, stage_of
from hwnas.predictors._lookup import Group, Lookup, every, steps_of

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
        error: largest relative error of a stage's figure on fresh architectures.
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
    if space.features is not None or space.build is None or not space.inputs:
        return space
    if space not in _KNOWN:
        try:
            _KNOWN[space], _ = with_traced_features(space)
        except InputError:  # then its genes have to do
            _KNOWN[space] = space
    return _KNOWN[space]


def with_traced_features(space: SearchSpace, seed: int = 0) -> tuple[SearchSpace, Traced]:
    """The same space with features found by tracing, and how exact they are.

    Raises:
        InputError: the space cannot build networks, or they do not take its inputs.
    """
    found = _Tracing(space, np.random.default_rng(seed)).learn()
    traced = SearchSpace(
        space.choices,
        name=space.name,
        parameters=space.parameters,
        build=space.build,
        inputs=space.inputs,
        costs=space.costs,
        features=found,
        feature_names=found.names,
    )
    return traced, found


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
        sizes = {place: int(self.space.sizes[genes].prod()) for place, genes in depends.items()}
        wanted = max(sizes.values(), default=1)
        for genome in self.space.sample(min(2 * wanted, _TRACES // 2), self.rng):
            self.trace(genome)
        self._cover(depends, sizes, budget)
        names = sorted({f"{stage_of(place)}.{figure}" for found in self.seen.values() for place, figure in found})
        blocks = tuple(self._block(place, genes, names) for place, genes in depends.items())
        sums = Lookup(np.zeros(len(names)), blocks)
        return Traced(tuple(names), sums, self._error(sums, names, fresh), len(self.seen))

    def _dependencies(self) -> dict[str, IntArray]:
        """Per place the genes that were seen to change it, from a few architectures one choice at a time."""
        found: dict[str, set[int]] = {}
        bases = [self.space.sizes - 1, *self.space.sample(_BASES, self.rng)]
        for base in self.space.canonical(np.stack(bases)):
            known = by_place(self.trace(base))
            for place in known:
                found.setdefault(place, set())
            for gene in np.flatnonzero(self.space.active(base[None])[0]).tolist():
                for option in range(int(self.space.sizes[gene])):
                    changed = base.copy()
                    changed[gene] = option
                    other = by_place(self.trace(self.space.canonical(changed[None])[0]))
                    for place in known.keys() | other.keys():
                        if known.get(place) != other.get(place):
                            found.setdefault(place, set()).add(gene)
        return {place: np.array(sorted(genes), dtype=np.int64) for place, genes in sorted(found.items())}

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
        figures = sorted({figure for found in self.seen.values() for where, figure in found if where == place})
        columns = np.array([names.index(f"{stage_of(place)}.{figure}") for figure in figures], dtype=np.int64)
        known = np.stack(self.genomes)[:, genes]
        values = np.array([[self.seen[g.tobytes()].get((place, f), 0.0) for f in figures] for g in self.genomes])
        rows = _additive(known, values, every(sizes), sizes)
        rows[known @ steps] = values
        return Group(genes, steps, columns, rows)

    def _error(self, sums: Lookup, names: list[str], fresh: IntArray) -> float:
        truth = np.zeros((len(fresh), len(names)))
        for row, genome in enumerate(fresh):
            for (place, figure), value in count(self.space, self.space.decode(genome)).items():
                name = f"{stage_of(place)}.{figure}"
                if name in names:
                    truth[row, names.index(name)] += value
        return float(np.max(np.abs(sums(fresh) - truth) / np.maximum(np.abs(truth), 1.0)))


def by_place(figures: Figures) -> dict[str, dict[str, float]]:
    """The same, per place."""
    found: dict[str, dict[str, float]] = {}
    for (place, figure), value in figures.items():
        found.setdefault(place, {})[figure] = value
    return found


def _additive(known: IntArray, values: FloatArray, combinations: IntArray, sizes: IntArray) -> FloatArray:
    """Least squares on one-hot options: what to expect of combinations not seen."""

    def one_hot(options: IntArray) -> FloatArray:
        columns = [options[:, [i]] == np.arange(size) for i, size in enumerate(sizes.tolist())]
        return np.concatenate([np.ones((len(options), 1)), *columns], axis=1).astype(np.float64)

    solution, *_ = np.linalg.lstsq(one_hot(known), values, rcond=None)
    expected: FloatArray = one_hot(combinations) @ solution
    return np.maximum(expected, 0.0)
