"""Local search (White et al. 2021, arXiv:2005.02960): measure the neighbours of the best, again and again.

A strong baseline where evaluations have little noise. With several objectives it is Pareto local search (Paquete et
al. 2004): the neighbours of a random member of the front.

Where we differ: an architecture whose neighbours are all measured gives way to the next best one instead of a random
restart, so nothing is lost and the state is the history alone.
"""

from collections.abc import Sequence

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.neighbours import neighbours
from hwnas.surrogates.base.proposer import Proposer
from hwnas.surrogates.generators.ranking import best_first


class LocalSearch(Proposer):
    """Hill climbing that never measures twice.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        initial: random architectures to begin with.
    """

    batch = 10

    def __init__(self, space: SearchSpace, objectives: Sequence[Objective], seed: int, *, initial: int = 10) -> None:
        super().__init__(space, objectives, seed)
        if initial < 1:
            raise InputError(f"Local search needs initial of at least 1 architecture, got {initial}; raise it.")
        self.initial = initial

    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:
        if len(self._known) < self.initial or not self._told:
            return self.space.sample(n, rng)
        history = self.history
        order = best_first(history.costs, history.violations)
        front = np.flatnonzero(history.front)
        order = np.concatenate([rng.permutation(front), order[~np.isin(order, front)]])
        proposals: list[IntArray] = []
        for i in order:
            around = neighbours(self.space, history.genomes[i])
            fresh = around[history.unseen(around)] if len(around) else around
            proposals.append(rng.permutation(fresh))
            if sum(map(len, proposals)) >= 2 * n:  # twice, as two of the front may share neighbours
                break
        return np.concatenate(proposals)


local_search = LocalSearch
