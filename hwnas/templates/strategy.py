"""How to search: replace what is proposed next.

hwnas search runs/mine --strategy strategy.py:strategy
"""

from collections.abc import Sequence

import numpy as np

import hwnas
from hwnas.threads import on_one_thread

PARENTS = 10


class Mutating(hwnas.Strategy):
    """Changes one choice of one of the best so far; at random while nothing is known.

    What it does is a function of its seed and of what it was told, never of a generator that it keeps: so a search that
    was killed goes on where it stood.
    """

    def __init__(self, space: hwnas.SearchSpace, objectives: Sequence[hwnas.Objective], seed: int) -> None:
        self.space, self.objectives, self.seed = space, tuple(objectives), seed
        self._seen: set[hwnas.Architecture] = set()  # asked or told
        self._told: list[tuple[float, float, hwnas.Architecture]] = []  # how far beyond limits, how bad, what

    @on_one_thread  # else the same sums may come out otherwise in another process
    def ask(self, n: int) -> list[hwnas.Trial]:
        """At most `n` new ones, none twice; fewer only when there are no more."""
        rng = np.random.default_rng([self.seed, len(self._seen)])
        proposals: list[hwnas.Architecture] = []
        while len(proposals) < n and len(self._seen) < self.space.count():
            for architecture in (*self._mutants(rng, n), *map(self.space.decode, self.space.sample(4 * n, rng))):
                if len(proposals) < n and architecture not in self._seen:
                    self._seen.add(architecture)
                    proposals.append(architecture)
        return [hwnas.Trial(architecture) for architecture in proposals]

    def tell(self, results: Sequence[hwnas.Result]) -> None:
        """Figures by the names of the objectives; those of a failed evaluation are empty."""
        for result in results:
            self._seen.add(result.trial.architecture)
            if result.error is None and result.trial.fidelity == "full":
                values = [(objective, result.figures[objective.name]) for objective in self.objectives]
                beyond = sum(objective.violation(value) for objective, value in values)
                first, worth = values[0]
                self._told.append((beyond, first.sign * worth, result.trial.architecture))

    def _mutants(self, rng: np.random.Generator, n: int) -> list[hwnas.Architecture]:
        """One choice is drawn anew; `decode` sets choices that are not there to their first option."""
        best = sorted(self._told, key=lambda told: told[:2])[:PARENTS]
        if not best:
            return []
        genomes = np.stack([self.space.encode(best[i][2]) for i in rng.integers(0, len(best), n)])
        for genome in genomes:
            place = rng.integers(0, len(self.space.choices))
            genome[place] = rng.integers(0, len(self.space.choices[place].options))
        return [self.space.decode(genome) for genome in genomes]


strategy = Mutating
