"""When to stop: the hypervolume has not grown by more than its own uncertainty for some rounds.

Uncertainty has two parts: the errors of noisy figures, drawn anew many times; and one thousandth, below which nobody
would tell two fronts apart.
"""

from collections.abc import Sequence

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result
from hwnas.searches.indicators import hypervolume
from hwnas.surrogates.base.proposer import history_of
from hwnas.surrogates.base.seams import History

_RESOLUTION = 1e-3  # of the hypervolume
_DRAWS = 50
_MARGIN = 0.1  # as for the picker


def has_stalled(
    space: SearchSpace, objectives: Sequence[Objective], results: Sequence[Result], told: Sequence[int], rounds: int
) -> bool:
    """Whether the last `rounds` rounds were in vain.

    Args:
        space: where is searched.
        objectives: what is sought.
        results: in the order asked.
        told: how many results there were after each round.
        rounds: how many rounds without gain are enough.
    """
    if len(told) <= rounds:
        return False
    now, before = history_of(space, objectives, results), history_of(space, objectives, results[: told[-1 - rounds]])
    if len(before) < 2 or before.violations.min() > 0:
        return False
    front = now.costs[now.front]
    ideal, nadir = front.min(axis=0), front.max(axis=0)
    nadir = np.where(nadir > ideal, nadir, ideal + 1.0)
    gain = _volume(now.costs, now, ideal, nadir) - _volume(before.costs, before, ideal, nadir)
    return gain <= max(_RESOLUTION, _uncertainty(now, ideal, nadir))


def _volume(costs: FloatArray, history: History, ideal: FloatArray, nadir: FloatArray) -> float:
    return hypervolume(costs[history.violations <= 0], ideal, nadir, _MARGIN)


def _uncertainty(history: History, ideal: FloatArray, nadir: FloatArray) -> float:
    noise = np.where([o.noisy for o in history.objectives], history.noise, 0.0)
    if not noise.any():
        return 0.0
    rng, errors = np.random.default_rng(0), noise / np.sqrt(history.repeats)[:, None]
    drawn = [history.costs + errors * rng.standard_normal(errors.shape) for _ in range(_DRAWS)]
    return float(np.std([_volume(costs, history, ideal, nadir) for costs in drawn]))
