"""Regularised (aging) evolution (Real et al. 2019, arXiv:1802.01548): whoever is oldest dies, not whoever is worst.

An architecture that was lucky once cannot stay for ever, so under noise the population follows what keeps being good.
The population is the last architectures told. Every child is the best of a random sample of it with one gene changed.

Where we differ: children of a batch share one population; nothing is measured twice, so the paper's rare identity
mutation has no place; with several objectives "best" is as in `ranking.best_first`. The paper used population 100 and
sample 25 for 20,000 networks; the defaults here are NAS-Bench-201's, for hundreds.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.words import one_of
from hwnas.genomes.neighbours import one_changed
from hwnas.surrogates.base.proposer import Proposer
from hwnas.surrogates.generators.ranking import best_first


class AgingEvolution(Proposer):
    """Tournament, one mutation, death by age.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        population: how many are alive, and how many random architectures begin.
        sample: contestants of a tournament, drawn with replacement.
        dies: ``oldest`` as published, or ``worst``, which is plain evolution, to compare with.
    """

    batch = 5  # more children than half a population would all have the same parents

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        population: int = 10,
        sample: int = 3,
        dies: Literal["oldest", "worst"] = "oldest",
    ) -> None:
        super().__init__(space, objectives, seed)
        if population < 1 or sample < 1:
            raise InputError(
                f"Aging evolution needs population and sample of at least 1, got {population} and {sample}; raise them."
            )
        one_of("who dies in aging evolution", dies, ("oldest", "worst"))
        self.population = population
        self.sample = sample
        self.dies = dies

    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:
        if len(self._known) < self.population or not self._told:
            return self.space.sample(n, rng)
        history = self.history
        if self.dies == "oldest":
            alive = np.arange(len(history))[-self.population :]
        else:
            alive = best_first(history.costs, history.violations)[: self.population]
        place = np.empty(len(alive), dtype=np.int64)  # of each among the living, 0 is the best
        place[best_first(history.costs[alive], history.violations[alive])] = np.arange(len(alive))
        drawn = rng.integers(len(alive), size=(4 * n, self.sample))
        parents = alive[drawn[np.arange(4 * n), np.argmin(place[drawn], axis=1)]]
        return one_changed(self.space, history.genomes[parents], rng)


aging_evolution = AgingEvolution
