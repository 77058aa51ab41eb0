"""What a slower moment does beyond what the reference shows: it does not slow all models alike.

On a shared host the reference may take 1.5 times as long, and a model of twice its size 1.4 times: the larger one
computes more and waits less. So the quotient of the two is another in a slow moment than in a calm one, by several per
cent. Over the timings of many models this shows clearly, as two numbers:

    log quotient = log quotient on the idle machine + (alike + by_size * log quotient) * log slowness

where slowness is how many times its baseline the reference took. They are fitted by least absolute errors to the
deviations from each model's own mean. Four sessions of the same models, half of their timings at 1.25 to 1.6 times the
baseline or more, gave -0.05 each, and -0.30, -0.30, -0.24 and -0.23; one model's figure differed between them with a
standard deviation of 1.36 % instead of 1.54 % (`benchmarks/between_sessions.py`). Within the band of the baseline,
slowness counts as 1, or the reference's own noise would be taken for slowness.
"""

from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray

FEWEST_MODELS, FEWEST_ROUNDS = 20, 4  # fewer tell nothing of the machine: it is then taken to slow all alike
STRONGEST = 1.0  # no exponent beyond: -1 is the model's own time as it is
_REFITS = 10
_TYPICAL_ERROR = 0.01  # absolute errors below this count as squares


@dataclass(frozen=True)
class Slowdown:
    """The two numbers; both 0 where too little is known."""

    alike: float = 0.0
    by_size: float = 0.0

    def straightened(self, models: IntArray, quotients: FloatArray, slowness: FloatArray) -> FloatArray:
        """Quotients ``(n,)`` as they would be on the idle machine; of each timing its model and its slowness."""
        sizes = _means(models, np.log(quotients))
        power = np.clip(self.alike + self.by_size * sizes, -STRONGEST, STRONGEST)
        result: FloatArray = quotients * slowness**-power
        return result


def fit_slowdown(models: IntArray, quotients: FloatArray, slowness: FloatArray) -> Slowdown:
    """From timings ``(n,)`` each: the index of the model, its quotient to the reference, and the slowness."""
    if np.count_nonzero(np.bincount(models) >= FEWEST_ROUNDS) < FEWEST_MODELS:
        return Slowdown()
    logs, slow = np.log(quotients), np.log(slowness)
    columns = np.stack([slow, _means(models, logs) * slow], axis=1)
    columns -= np.stack([_means(models, column) for column in columns.T], axis=1)
    logs = logs - _means(models, logs)
    weights = np.ones(len(logs))
    slowdown = Slowdown()
    for _ in range(_REFITS):
        alike, by_size = np.linalg.lstsq(columns * weights[:, None], logs * weights, rcond=None)[0].tolist()
        slowdown = Slowdown(alike, by_size)
        weights = 1 / np.sqrt(np.maximum(np.abs(logs - columns @ [alike, by_size]), _TYPICAL_ERROR))
    return slowdown


def _means(models: IntArray, values: FloatArray) -> FloatArray:
    """Of each value the mean over its model, ``(n,)``."""
    result: FloatArray = (np.bincount(models, values) / np.maximum(np.bincount(models), 1))[models]
    return result
