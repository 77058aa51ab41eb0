"""Which architectures to time next: those that, once known, leave the least uncertainty about all the others.

Before timing, an architecture's figure is a draw from a normal distribution whose covariance says which architectures
behave alike. What a timing takes off the total variance is known before it is taken (it does not depend on the figure),
so architectures are chosen one by one, each the one that takes off most (greedy A-optimal design; Krause et al., JMLR
2008, discuss the family).
"""

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.predictors._regressor import Standard


def most_informative(factors: FloatArray, n: int, *, timed: IntArray | None = None, noise: float = 0.03) -> IntArray:
    """Indices of `n` rows to time next.

    Args:
        factors: ``(m, k)``; the covariance of the figures is ``factors @ factors.T``, each figure as a share of its
            expected size.
        n: how many; no more than there are rows left.
        timed: rows timed already.
        noise: standard deviation of a timing, in the same shares.

    Raises:
        InputError: fewer than `n` rows are left.
    """
    taken = [] if timed is None else timed.tolist()
    if n > len(factors) - len(set(taken)):
        raise InputError(f"There are {len(factors) - len(set(taken))} architectures left to time, got {n} as wanted.")
    weights = np.eye(factors.shape[1])  # covariance of what multiplies the factors
    for row in taken:
        weights = _after(weights, factors[row], noise)
    spread = factors.T @ factors
    chosen: list[int] = []
    for _ in range(n):
        seen = factors @ weights
        variance = np.einsum("ij,ij->i", seen, factors) + noise**2
        gain = np.einsum("ij,ij->i", seen @ spread, seen) / variance
        gain[[*taken, *chosen]] = -1
        chosen.append(int(np.argmax(gain)))
        weights = _after(weights, factors[chosen[-1]], noise)
    return np.array(chosen, dtype=np.int64)


def plain_factors(rows: FloatArray, size: float = 0.3) -> FloatArray:
    """Factors ``(m, k)`` when nothing is known but what is shown of the architectures: ``rows (m, f)``.

    Standardised columns matter alike, and a figure strays from their mean by `size`, as a share.
    """
    standard = Standard.of(rows)(rows)
    varying = max(1, int(np.count_nonzero(standard.any(axis=0))))
    return np.concatenate([np.full((len(rows), 1), 1.0), size / np.sqrt(varying) * standard], axis=1)


def _after(weights: FloatArray, factor: FloatArray, noise: float) -> FloatArray:
    seen = weights @ factor
    left: FloatArray = weights - np.outer(seen, seen) / (float(factor @ seen) + noise**2)
    return left
