"""What is known of a figure of scores: an interval that covers the true one 95 times of 100."""

from collections.abc import Callable

import numpy as np

from hwnas.contracts.arrays import FloatArray

Z = 1.959964
"""Of 95 % confidence."""
Summary = Callable[[FloatArray], float]
_RESAMPLES = 2000  # bounds of a percentile bootstrap move by some 3 % of the interval from draw to draw
_TOGETHER = 2**22  # scores resampled at once: 32 MB


def interval_of(scores: FloatArray, summary: Summary | None = None) -> tuple[float, float]:
    """95 % interval of a figure of independent scores ``(n,)`` or ``(n, k)``; without a summary of their mean.

    Wilson's where that is a share, of scores that are all 0 or 1; else the bootstrap's.
    """
    if summary is None and np.isin(scores, (0.0, 1.0)).all():
        return wilson_interval(float(scores.mean()), len(scores))
    return bootstrap_interval(scores, summary)


def wilson_interval(share: float, n: int, z: float = Z) -> tuple[float, float]:
    """Bounds of a share of `n` independent cases (Wilson, 1927); `z` = 1.96 gives 95 % confidence."""
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return float(max(0.0, min(share, centre - half))), float(min(1.0, max(share, centre + half)))


def bootstrap_interval(scores: FloatArray, summary: Summary | None = None, *, seed: int = 0) -> tuple[float, float]:
    """2.5th and 97.5th percentile of the figure of resampled scores (Efron, 1979), which hold its own value.

    Resamples of which it is no number, such as a rate of errors of nothing, are left out.
    """
    rng, n = np.random.default_rng(seed), len(scores)
    at_once = max(1, min(_RESAMPLES, _TOGETHER // n))
    parts = []
    for first in range(0, _RESAMPLES, at_once):
        rows = rng.integers(0, n, (min(at_once, _RESAMPLES - first), n))
        parts.append(scores[rows].mean(axis=1) if summary is None else np.array([summary(scores[r]) for r in rows]))
    low, high = np.nanpercentile(np.concatenate(parts), (2.5, 97.5))
    own = float(scores.mean()) if summary is None else summary(scores)
    return min(own, float(low)), max(own, float(high))
