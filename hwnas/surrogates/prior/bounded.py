"""What a Gaussian process learns from when more was measured than it can bear.

Its memory grows with the square of what it learns from (Gram matrices, one for each sort of effects), its time with the
cube. Beyond `MOST` measurements half of them are the best, where the answer will be, and half are drawn from the rest,
so that the model still knows what is bad.
"""

from dataclasses import replace

import numpy as np

from hwnas.surrogates.base.seams import Guess, History
from hwnas.surrogates.generators.evolved import best_ranks

MOST = 1000  # about 200 MB at the peak, and 10 s a batch on one core


def bounded(history: History, rng: np.random.Generator) -> History:
    """The history itself, or `MOST` rows of it in their order; drawn anew each time, from `rng`."""
    if len(history) <= MOST:
        return history
    guess = Guess(history.costs, np.zeros_like(history.costs), history.violations)
    best = best_ranks(guess, MOST // 2)
    others = np.setdiff1d(np.arange(len(history)), best)
    rows = np.sort(np.concatenate([best, rng.permutation(others)[: MOST - len(best)]]))
    return replace(
        history,
        genomes=history.genomes[rows],
        figures=history.figures[rows],
        repeats=history.repeats[rows],
        violations=history.violations[rows],
    )
