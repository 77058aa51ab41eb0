"""More places where candidates come from: mutants of the best few, and mixtures of generators."""

from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.genomes.neighbours import one_changed
from hwnas.surrogates.base.seams import Generator, History, Model
from hwnas.surrogates.generators.evolved import RandomPool
from hwnas.surrogates.generators.ranking import best_first


@dataclass(frozen=True)
class BestMutants:
    """A `Generator` of mutants of the best measured: one changed gene, of a third of them a second, of a ninth a third.

    Args:
        size: how many, before known ones and repeats are dropped.
        best: how many parents, by `best_first`; the whole front counts even if it is larger.
    """

    size: int = 200
    best: int = 10

    def __call__(self, history: History, model: Model, rng: np.random.Generator) -> IntArray:  # noqa: ARG002
        """See `Generator`."""
        parents = best_first(history.costs, history.violations)[: max(self.best, int(history.front.sum()))]
        genomes = history.genomes[parents[rng.integers(len(parents), size=self.size)]]
        for share in (1, 3, 9):
            genomes[::share] = one_changed(history.space, genomes[::share], rng)
        return genomes


@dataclass(frozen=True)
class Mixed:
    """A `Generator`: what several give."""

    generators: tuple[Generator, ...]

    def __call__(self, history: History, model: Model, rng: np.random.Generator) -> IntArray:
        """See `Generator`."""
        return np.concatenate([generator(history, model, rng) for generator in self.generators])


def near_and_far(pool: int, far: int = 3) -> Mixed:
    """About `pool` candidates: one in `far` is random, the others are mutants of the best."""
    return Mixed((BestMutants((far - 1) * pool // far), RandomPool(pool // far)))
