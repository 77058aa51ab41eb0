"""What is known of a mean of scores: an interval that covers the true one 95 times of 100."""

import numpy as np

from hwnas.contracts.arrays import FloatArray

Z = 1.959964
"""Of 95 % confidence."""
_RESAMPLES = 2000  # bounds of a percentile bootstrap move by some 3 % of the interval from draw to draw
_TOGETHER = 2**22  # scores resampled at once: 32 MB


def interval_of(scores: FloatArray) -> tuple[float, float]:
    """95 % interval of the mean of ``(n,)`` independent scores: Wilson's where all are 0 or 1, else the bootstrap's."""
    if np.isin(scores, (0.0, 1.0)).all():
        return wilson_interval(float(scores.mean()), len(scores))
    return bootstrap_interval(scores)


def wilson_interval(share: float, n: int, z: float = Z) -> tuple[float, float]:
    """Bounds of a share of `n` independent cases (Wilson, 1927); `z` = 1.96 gives 95 % confidence."""
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return float(max(0.0, min(share, centre - half))), float(min(1.0, max(share, centre + half)))


def bootstrap_interval(scores: FloatArray, *, seed: int = 0) -> tuple[float, float]:
    """2.5th and 97.5th percentile of the means of resampled scores (Efron, 1979), which hold their own mean."""
    rng, n = np.random.default_rng(seed), len(scores)
    at_once = max(1, min(_RESAMPLES, _TOGETHER // n))
    parts = [
        scores[rng.integers(0, n, (min(at_once, _RESAMPLES - first), n))].mean(axis=1)
        for first in range(0, _RESAMPLES, at_once)
    ]
    low, high = np.percentile(np.concatenate(parts), (2.5, 97.5))
    mean = float(scores.mean())
    return min(mean, float(low)), max(mean, float(high))
