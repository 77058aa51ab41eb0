"""What figure to expect of a sub-network: its measured one, drawn towards what its architecture promises.

The best of many measured figures, such as accuracies, is also the luckiest. So every measurement is averaged with the
guess of a predictor that did not see it, each weighing by the inverse of its variance (Fay and Herriot,
1979; with one variance for all it is the positive-part estimator of Efron and Morris, 1973):

- of the measurement: how far two equally good sub-networks differ by chance. On examples of their own that is the
  variance of one network's scores over their number `k`, for shares the binomial p (1 - p) / k. Here all answer the
  same `k` examples and mostly agree on which are hard, so what counts is the spread that is left when the example's
  difficulty and the network's mean are taken out. It is measured, and is the one above where they do not agree more
  than chance.
- of the guess: its mean squared held-out error, less what of it is the measurement's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwnas.archive import front_of
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result

_FEWEST = 8  # networks from whose scores the spread is estimated; fewer: as on examples of their own, which is no less
_MOST = 256  # more tell no more
MEASURED, ERROR = "search_score", "expected_error"  # what a result has beside its figures, once it is on a front


@dataclass(frozen=True)
class Expected:
    """Figures ``(n,)`` to expect, their standard error, and the measurement's share in them (1: all of it)."""

    mean: FloatArray
    error: float
    weight: float


def noise_variance(scores: Sequence[FloatArray]) -> float:
    """Variance by chance of one network's mean score against another's on the same examples.

    Args:
        scores: of at least one network, on every example ``(k,)``.
    """
    examples = len(scores[0])
    if len(scores) < _FEWEST:
        return float(np.mean([of_one.var() for of_one in scores])) / examples
    places = np.unique(np.linspace(0, len(scores) - 1, _MOST).round().astype(int))
    x = np.stack([scores[i] for i in places])
    rest = x - x.mean(axis=1, keepdims=True) - x.mean(axis=0) + x.mean()
    return float((rest**2).sum() / ((len(x) - 1) * max(examples - 1, 1)) / examples)


def expect(measured: FloatArray, guessed: FloatArray | None, variance: float) -> Expected:
    """Figures to expect, from ``(n,)`` measured ones with that variance and ``(n,)`` held-out guesses.

    The guesses' variance is at least what so few rows cannot tell from nothing (the standard error of a mean square).
    Without guesses the measurements stand alone.
    """
    if guessed is None:
        return Expected(measured, float(np.sqrt(variance)), 1.0)
    total = float(((measured - guessed) ** 2).mean())
    spread = max(total - variance, total * float(np.sqrt(2 / len(measured))), 1e-12)
    weight = spread / (spread + variance)
    return Expected(weight * measured + (1 - weight) * guessed, float(np.sqrt(weight * variance)), weight)


def expected_front(
    results: Sequence[Result], expected: Expected, figure: str, objectives: Sequence[Objective]
) -> list[Result]:
    """The front of ``(n,)`` results by what is to be expected of them.

    What they have under the name `figure` is replaced; the measured one is kept as `MEASURED`, the error as `ERROR`.
    """
    by_expectation = [
        replace(
            result,
            figures={
                **result.figures, figure: float(mean), MEASURED: result.figures[figure], ERROR: expected.error,
            },
        )
        for result, mean in zip(results, expected.mean, strict=True)
    ]  # fmt: skip
    return front_of(by_expectation, objectives)
