"""Ridge regression on one-hot genes: what a surrogate learns from when it is given nothing better.

Inactive genes are all zero, so an absent block adds nothing. The penalty is the one with the smallest
leave-one-out error, which for ridge has a closed form (Allen 1974, PRESS).
"""

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.base.seams import Fit, Predict

_PENALTIES = np.logspace(-3, 3, 13)


def ridge_of(space: SearchSpace) -> Fit:
    """A `Fit` for a space."""

    def fit(genomes: IntArray, figures: FloatArray, objective: Objective) -> Predict:  # noqa: ARG001
        features = space.one_hot(genomes)
        centre, level = features.mean(axis=0), figures.mean()
        weights = _solve(features - centre, figures - level)
        return lambda others: np.asarray((space.one_hot(others) - centre) @ weights + level)

    return fit


def _solve(X: FloatArray, y: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(X @ X.T)
    values, turned = np.maximum(values, 0), vectors.T @ y
    best, dual = np.inf, np.zeros_like(y)
    for penalty in _PENALTIES:
        inverse = 1 / (values + penalty)
        candidate = vectors @ (inverse * turned)
        # The constant removed by centring is a fitted direction too: without its share of the diagonal the
        # smallest penalty would always look best.
        residual = candidate / ((vectors**2) @ inverse - 1 / (len(y) * penalty))
        if np.isfinite(error := float(np.mean(residual**2))) and error < best:
            best, dual = error, candidate
    return np.asarray(X.T @ dual)
