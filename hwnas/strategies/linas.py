"""LINAS (Cummings et al. 2022, arXiv:2205.10358; ConcurrentNAS, arXiv:2202.12954): measure, learn, evolve on what was
learnt, measure the end of that evolution, and again.

One predictor per objective is fitted to everything measured; NSGA-II, begun anew from random architectures, runs on the
predictions; its final population, best ranks first, is the next batch. No exploration besides.

Where we differ: a batch leaves out what is measured already (the released code does not); genes are categories with
uniform crossover and per-gene mutation, not numbers with SBX; the penalty of ridge is by leave-one-out error; instead
of a support vector machine, ``rbf`` is a Gaussian process on genes, used for its mean; exact objectives are computed.

*Population database* (`database`): options that are rare among the good of a longer evolution on the predictions are
left out: those of which less than 1 % of the dense ones make use. The paper narrows the space once, before the search,
and finds dense ones by HDBSCAN; here it is done anew for each batch, dense are the 80 % with the nearest tenth
neighbour among the best 1,000, and candidates with rare options are dropped from the inner evolution's result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hwnas.contracts.arrays import BoolArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.words import one_of
from hwnas.strategies.surrogate import SurrogateSearch, uniform
from hwnas.surrogates.base.seams import History, Model
from hwnas.surrogates.generators.evolved import Evolved, best_ranks
from hwnas.surrogates.pickers.acquisition import BestPredicted
from hwnas.surrogates.regressors.distances import hamming
from hwnas.surrogates.regressors.gaussian_process import gaussian_process
from hwnas.surrogates.regressors.ridge import ridge_of

_POPULATION = 50


def linas(
    space: SearchSpace,
    objectives: Sequence[Objective],
    seed: int,
    *,
    initial: int = 50,
    inner: int = 20_000,
    predictor: Literal["ridge", "rbf"] = "ridge",
    database: int = 0,
) -> SurrogateSearch:
    """The strategy.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        initial: random architectures to begin with.
        inner: predictions of the inner evolution.
        predictor: of each measured objective.
        database: predictions from which the space is narrowed; 0: it is not.
    """
    one_of("the predictor of LINAS", predictor, ("ridge", "rbf"))
    if inner < _POPULATION or database < 0:
        raise InputError(f"LINAS needs inner of at least {_POPULATION} and database of at least 0; raise them.")
    evolution = Evolved(_POPULATION, _POPULATION, inner // _POPULATION - 1, most=3 * _POPULATION, warm=False)
    return SurrogateSearch(
        space,
        objectives,
        seed,
        initial=initial,
        start=uniform,
        per_round=_POPULATION,
        fit=ridge_of(space) if predictor == "ridge" else gaussian_process(hamming(space)),
        generator=Narrowed(evolution, database) if database else evolution,
        picker=BestPredicted(),
    )


@dataclass(frozen=True)
class Narrowed:
    """A `Generator` that leaves out candidates with rare options; see the module.

    Args:
        inner: gives the candidates.
        visited: predictions that decide which options are rare.
        share: below which an option is rare.
    """

    inner: Evolved
    visited: int
    share: float = 0.01

    def __call__(self, history: History, model: Model, rng: np.random.Generator) -> IntArray:
        """See `Generator`."""
        generations = max(1, self.visited // _POPULATION - 1)
        everything = Evolved(_POPULATION, _POPULATION, generations, warm=False)(history, model, rng)
        best = everything[best_ranks(model(everything), min(len(everything), 1_000))]
        allowed = frequent(history.space, dense(best), self.share)
        candidates = self.inner(history, model, rng)
        fits = allowed[np.arange(candidates.shape[1]), candidates] | ~history.space.active(candidates)
        return candidates[fits.all(axis=1)]


def dense(genomes: IntArray, neighbours: int = 10, share: float = 0.8) -> IntArray:
    """The `share` of ``(n, g)`` with the smallest distance, in genes that differ, to their neighbour of that number."""
    apart = (genomes[:, None, :] != genomes[None, :, :]).sum(axis=2)
    reach = np.sort(apart, axis=1)[:, min(neighbours, len(genomes) - 1)]
    return genomes[np.argsort(reach, kind="stable")[: max(1, int(share * len(genomes)))]]


def frequent(space: SearchSpace, genomes: IntArray, share: float) -> BoolArray:
    """Which options at least `share` of the genomes with that gene active have, ``(g, most options)``."""
    active = space.active(genomes)
    counts = np.zeros((genomes.shape[1], int(space.sizes.max())))
    for gene, size in enumerate(space.sizes.tolist()):
        counts[gene, :size] = np.bincount(genomes[active[:, gene], gene], minlength=size)
    total = counts.sum(axis=1, keepdims=True)
    return np.asarray((counts >= share * total) | (total == 0))
