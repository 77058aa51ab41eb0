"""What accuracy to expect of a sub-network: its measured one, drawn towards what its architecture promises.

The best of many measured accuracies is also the luckiest. So every measurement is averaged with the guess of a
predictor that did not see it, each weighing by the inverse of its variance (Fay and Herriot, 1979; with one variance
for all it is the positive-part estimator of Efron and Morris, 1973):

- of the measurement: how far two sub-networks of one accuracy differ by chance. On images of their own that is the
  binomial p (1 - p) / k. Here all answer the same `k` images and mostly agree on which are hard, so what counts is the
  spread that is left when the image's difficulty and the network's accuracy are taken out. It is measured, and is the
  binomial one where they do not agree more than chance.
- of the guess: its mean squared held-out error, less what of it is the measurement's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwnas.archive import front_of
from hwnas.contracts.arrays import BoolArray, FloatArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result

_FEWEST = 8  # networks from whose answers the spread is estimated; fewer: the binomial, which is at least as large
_MOST = 256  # more tell no more


@dataclass(frozen=True)
class Expected:
    """Accuracies ``(n,)`` to expect, their standard error, and the measurement's share in them (1: all of it)."""

    accuracy: FloatArray
    error: float
    weight: float


def noise_variance(shares: FloatArray, right: Sequence[BoolArray], images: int) -> float:
    """Variance by chance of one accuracy against another on the same images.

    Args:
        shares: accuracies ``(n,)``.
        right: for some networks, which of the images ``(images,)`` they classify right.
        images: how many there are.
    """
    binomial = float((shares * (1 - shares)).mean()) / images
    if len(right) < _FEWEST:
        return binomial
    places = np.unique(np.linspace(0, len(right) - 1, _MOST).round().astype(int))
    x = np.stack([right[i] for i in places]).astype(np.float64)
    rest = x - x.mean(axis=1, keepdims=True) - x.mean(axis=0) + x.mean()
    return float((rest**2).sum() / ((len(x) - 1) * (images - 1)) / images)


def expect(measured: FloatArray, guessed: FloatArray | None, variance: float) -> Expected:
    """Accuracies to expect, from ``(n,)`` measured ones with that variance and ``(n,)`` held-out guesses.

    The guesses' variance is at least what so few rows cannot tell from nothing (the standard error of a mean square).
    Without guesses the measurements stand alone.
    """
    if guessed is None:
        return Expected(measured, float(np.sqrt(variance)), 1.0)
    total = float(((measured - guessed) ** 2).mean())
    spread = max(total - variance, total * float(np.sqrt(2 / len(measured))), 1e-12)
    weight = spread / (spread + variance)
    return Expected(weight * measured + (1 - weight) * guessed, float(np.sqrt(weight * variance)), weight)


def expected_front(results: Sequence[Result], found: Expected, objectives: Sequence[Objective]) -> list[Result]:
    """The front of ``(n,)`` results by what is to be expected of them.

    Their figure ``accuracy`` is replaced; the measured one is kept as ``search_accuracy``.
    """
    by_expectation = [
        replace(
            result,
            figures={
                **result.figures,
                "accuracy": float(accuracy),
                "search_accuracy": result.figures["accuracy"],
                "accuracy_error": found.error,
            },
        )
        for result, accuracy in zip(results, found.accuracy, strict=True)
    ]
    return front_of(by_expectation, objectives)
