"""What pymoo's genetic strategies share: the population is folded anew from everything told.

Survivors are chosen in slices of the population's size, in the order told, so the strategy needs no memory of its own
and telling the archive to a fresh one restores it.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from pymoo.core.population import Population

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.base.proposer import Proposer
from hwnas.surrogates.genetic.pymoo_bridge import evaluated


class Folded(Proposer):
    """A genetic strategy; subclasses say which of pymoo's algorithms.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        population: how many survive, and how many random architectures begin.
    """

    def __init__(self, space: SearchSpace, objectives: Sequence[Objective], seed: int, *, population: int = 50) -> None:
        super().__init__(space, objectives, seed)
        if population < 2:
            raise InputError(
                f"A genetic strategy needs a population of at least 2, got {population}; choose a larger one."
            )
        self.population = population

    @abstractmethod
    def _algorithm(self, seed: int) -> Any:  # noqa: ANN401  pymoo is untyped
        """A pymoo algorithm that is set up, without a population, and never offers what is known."""

    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:
        if len(self._known) < self.population or len(self._told) < 2:
            return self.space.sample(n, rng)
        history = self.history
        genomes, costs, violations = history.genomes, history.costs, history.violations
        algorithm = self._algorithm(int(rng.integers(2**31)))
        survivors = Population.create()
        for i in range(0, len(genomes), self.population):
            part = slice(i, i + self.population)
            survivors = algorithm.survival.do(
                algorithm.problem,
                Population.merge(survivors, evaluated(genomes[part], costs[part], violations[part])),
                n_survive=self.population,
                random_state=algorithm.random_state,
            )
        children = algorithm.mating.do(
            algorithm.problem, survivors, n, algorithm=algorithm, random_state=algorithm.random_state
        )
        return np.array(children.get("X"), dtype=np.int64).reshape(-1, len(self.space.choices))
