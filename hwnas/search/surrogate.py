"""Measure a few, learn, evolve over predictions, measure the most promising; the loop of LINAS
(Cummings et al. 2022, arXiv:2205.10358), with four differences.

The smallest and the largest network are measured first, so the whole range is known from the start. The inner
evolution starts from the measured front and never revisits a genome. Only unseen candidates are chosen, each
for the hypervolume it is predicted to add. Exact objectives are computed, never predicted.
"""

from collections.abc import Callable, Sequence

import moocore
import numpy as np

from hwnas.archive import non_dominated
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.search._evolution import evolve
from hwnas.search._operators import mutated
from hwnas.search._picking import greedy_hypervolume
from hwnas.search._proposer import Proposer
from hwnas.search._ridge import Fit, Predict, ridge_of

_MARGIN = 0.1  # of the front's extent, by which the reference point lies beyond it


class SurrogateSearch(Proposer):
    """Predictors in the place of most evaluations.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        fit: learns one measured objective, see `_ridge.Fit`; None: ridge regression on one-hot genes.
        initial: architectures measured before anything is predicted, the two extremes among them.
        population: of the inner evolution.
        generations: of the inner evolution; it scores `population` candidates in each.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        fit: Fit | None = None,
        initial: int = 25,
        population: int = 200,
        generations: int = 60,
    ) -> None:
        super().__init__(space, objectives, seed)
        if min(initial, population, generations) < 2:
            raise InputError(
                "The surrogate strategy needs initial, population and generations of at least 2, got "
                f"{initial}, {population} and {generations}; choose larger ones."
            )
        self.fit = fit or ridge_of(space)
        self.initial = initial
        self.population = population
        self.generations = generations

    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:
        if len(self._known) < self.initial or len(self._genomes) < 2:
            return self._spread(n, rng)
        told = np.array(self._genomes)
        costs = self._costs
        best = non_dominated(costs, np.array(self._violations))
        low, span = _extent(costs[best], costs)
        score = self._scorer(told)
        start = _distinct(np.concatenate([told[best], self._variants(told[best], rng)]))
        genomes, found, violations = evolve(
            self.space,
            start,
            score,
            population=self.population,
            generations=self.generations,
            seed=int(rng.integers(2**31)),
        )
        unseen = np.array([row.tobytes() not in self._known for row in genomes], dtype=np.bool_)
        genomes, found, violations = genomes[unseen], (found[unseen] - low) / span, violations[unseen]
        if not len(genomes):
            return genomes
        if violations.min() > 0:
            return genomes[np.argsort(violations, kind="stable")[:n]]
        genomes, found = genomes[violations <= 0], found[violations <= 0]
        rank = moocore.pareto_rank(found)
        pool = np.argsort(rank, kind="stable")[: max(8 * n, int((rank == 0).sum()))]
        feasible = np.array(self._violations) <= 0
        front = (costs[best & feasible] - low) / span
        chosen = greedy_hypervolume(front, found[pool], np.full(costs.shape[1], 1 + _MARGIN), n)
        rest = [i for i in range(len(pool)) if i not in set(chosen)]  # when few add volume: the best ranks
        return genomes[pool[chosen + rest]]

    def _spread(self, n: int, rng: np.random.Generator) -> IntArray:
        """The extremes, then random ones from small to large.

        Uniform genes would put nearly all of a long genome's networks at the middle size. So every second one
        draws its ordered genes around a level of its own, and the levels are spread evenly.
        """
        uniform = self.space.sample(n, rng)
        level = (rng.permutation(n)[:, None] + rng.random((n, 1))) / n
        sizes = self.space.sizes
        levelled = self.space.canonical(
            np.where(
                [choice.ordered for choice in self.space.choices],
                rng.binomial(sizes - 1, np.broadcast_to(level, uniform.shape)),
                uniform,
            )
        )
        mixed = np.stack([levelled, uniform], axis=1).reshape(2 * n, -1)
        extremes = [self.space.encode(self.space.smallest), self.space.encode(self.space.largest)]
        return np.concatenate([extremes, mixed])

    def _variants(self, parents: IntArray, rng: np.random.Generator) -> IntArray:
        """Mutants of the front and some random ones, enough for a first population."""
        half = self.population // 2
        mutants = parents[rng.integers(len(parents), size=half)]
        rate = 3.0 / len(self.space.choices)
        return np.concatenate(
            [self.space.canonical(mutated(self.space, mutants, rate, rng)), self.space.sample(half, rng)]
        )

    def _scorer(self, told: IntArray) -> Callable[[IntArray], tuple[FloatArray, FloatArray]]:
        """Fit every measured objective; the result guesses costs and violations of genomes."""
        figures = np.array(self._figures)
        columns: list[Predict] = [
            self._exact(o) if o.exact is not None else self.fit(told, figures[:, i], o)
            for i, o in enumerate(self.objectives)
        ]

        def score(genomes: IntArray) -> tuple[FloatArray, FloatArray]:
            values = np.stack([np.asarray(column(genomes), dtype=np.float64) for column in columns], axis=1)
            beyond = np.zeros(len(genomes))
            for i, o in enumerate(self.objectives):
                if o.limit is not None:
                    beyond += np.maximum(0.0, o.sign * (values[:, i] - o.limit)) / max(abs(o.limit), 1e-12)
            return values * np.array([o.sign for o in self.objectives]), beyond

        return score

    def _exact(self, objective: Objective) -> Predict:
        exact = objective.exact
        assert exact is not None  # noqa: S101  the caller looked
        return lambda genomes: np.array([exact(self.space.decode(genome)) for genome in genomes])


def _extent(front: FloatArray, everything: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ideal point and extent of the front; where the front has no extent, of everything; else 1."""
    span = np.ptp(front, axis=0)
    span = np.where(span > 0, span, np.ptp(everything, axis=0))
    return front.min(axis=0), np.where(span > 0, span, 1.0)


def _distinct(genomes: IntArray) -> IntArray:
    """Each genome once, in order of first appearance."""
    _, first = np.unique(genomes, axis=0, return_index=True)
    return genomes[np.sort(first)]


surrogate = SurrogateSearch
