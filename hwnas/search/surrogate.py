"""Measure a few, learn, look at many predictions, measure the most promising; the loop of LINAS
(Cummings et al. 2022, arXiv:2205.10358), with four differences.

The smallest and the largest network are measured first, so the whole range is known from the start. The inner
evolution starts from the measured front and never revisits a genome. Only unseen candidates are chosen, each
for the hypervolume it is predicted to add. Exact objectives are computed, never predicted.

Other surrogate strategies are this one with another generator, scorer or picker, see `_seams`.
"""

from collections.abc import Callable, Sequence

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.search._generating import Evolved, distinct
from hwnas.search._picking import PredictedGain
from hwnas.search._proposer import Proposer
from hwnas.search._ridge import ridge_of
from hwnas.search._scoring import PerObjective
from hwnas.search._seams import Fit, Generator, Picker, Scorer

Start = Callable[[SearchSpace, int, np.random.Generator], IntArray]
"""At least n genomes to begin with, best first."""


class SurrogateSearch(Proposer):
    """Predictors in the place of most evaluations.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        fit: learns one measured objective, see `_seams.Fit`; None: ridge regression on one-hot genes.
        scorer: learns all objectives together; instead of `fit`.
        generator: of the candidates; None: `Evolved`.
        picker: of the batch; None: `PredictedGain`.
        initial: architectures measured before anything is predicted.
        start: which ones; None: `spread_out`, the two extremes among them.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        fit: Fit | None = None,
        scorer: Scorer | None = None,
        generator: Generator | None = None,
        picker: Picker | None = None,
        initial: int = 25,
        start: Start | None = None,
    ) -> None:
        super().__init__(space, objectives, seed)
        if initial < 2:
            raise InputError(
                f"The surrogate strategy needs initial of at least 2 architectures, got {initial}; choose a larger one."
            )
        if fit is not None and scorer is not None:
            raise InputError("The surrogate strategy takes fit or scorer, got both; leave one out.")
        self.scorer = scorer or PerObjective(fit or ridge_of(space))
        self.generator = generator or Evolved()
        self.picker = picker or PredictedGain()
        self.initial = initial
        self.start = start or spread_out

    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:
        if len(self._known) < self.initial or len(self._told) < 2:
            return self.start(self.space, n, rng)
        history = self.history
        model = self.scorer(history, rng)
        pool = distinct(self.generator(history, model, rng))
        pool = pool[history.unseen(pool)]
        return pool[list(self.picker(history, pool, model, n, rng))] if len(pool) else pool


def uniform(space: SearchSpace, n: int, rng: np.random.Generator) -> IntArray:
    """Random genomes ``(4 n, g)``: how most published methods begin."""
    return space.sample(4 * n, rng)


def spread_out(space: SearchSpace, n: int, rng: np.random.Generator) -> IntArray:
    """The extremes, then random genomes from small to large, ``(2 n + 2, g)``.

    Uniform genes would put nearly all of a long genome's networks at the middle size. So every second one
    draws its ordered genes around a level of its own, and the levels are spread evenly.
    """
    uniform = space.sample(n, rng)
    level = (rng.permutation(n)[:, None] + rng.random((n, 1))) / n
    ordered = [choice.ordered for choice in space.choices]
    drawn = rng.binomial(space.sizes - 1, np.broadcast_to(level, uniform.shape))
    levelled = space.canonical(np.where(ordered, drawn, uniform))
    mixed = np.stack([levelled, uniform], axis=1).reshape(2 * n, -1)
    extremes = [space.encode(space.smallest), space.encode(space.largest)]
    return np.concatenate([extremes, mixed])


surrogate = SurrogateSearch
