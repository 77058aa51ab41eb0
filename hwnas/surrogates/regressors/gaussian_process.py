"""A Gaussian process over genomes, for any distances between them.

The kernel is a falling function of a weighted sum of distances; each distance (of one gene, of sets of paths, of
transport) has a weight of its own, found with signal and noise by maximising the posterior density of the
hyper-parameters (Rasmussen and Williams 2006, chapter 5) on at most 150 rows. Figures are standardised, so one weak
prior serves all: weights near 1 over the number of distances, signal near 1, noise near a hundredth of the variance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.words import one_of
from hwnas.surrogates.base.seams import Fit

Distances = Callable[[IntArray, IntArray], FloatArray]
"""Genomes ``(n, g)`` and ``(c, g)`` to ``k`` non-negative distances ``(k, n, c)``."""

Shape = Literal["exponential", "matern52"]
"""``exp(-s)``, or Matérn 5/2 of ``sqrt(s)``, of the weighted sum ``s``."""

_ROWS = 150  # for the hyper-parameters: their cost is cubic, and they change little with more


@dataclass(frozen=True)
class GaussianProcess:
    """A fitted process: a `Predict` with `draw`."""

    distances: Distances
    shape: Shape
    genomes: IntArray
    weights: FloatArray
    signal: float
    noise: float
    level: float
    scale: float
    root: FloatArray  # Cholesky factor of the covariance of what was measured
    dual: FloatArray  # its inverse times the standardised figures
    evidence: float  # log density of the figures and hyper-parameters, for comparing fits to the same rows

    def __call__(self, genomes: IntArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the figure, noise left out, each ``(c,)``."""
        cross = self._kernel(self.genomes, genomes)
        half = np.linalg.solve(self.root, cross)
        variance = np.maximum(self.signal - (half**2).sum(axis=0), 1e-12)
        return self.level + self.scale * (cross.T @ self.dual), self.scale * np.sqrt(variance)

    def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:
        """Joint draws ``(k, c)``."""
        cross = self._kernel(self.genomes, genomes)
        half = np.linalg.solve(self.root, cross)
        root = cholesky(self._kernel(genomes, genomes) - half.T @ half)
        drawn = cross.T @ self.dual + rng.standard_normal((k, len(genomes))) @ root.T
        return np.asarray(self.level + self.scale * drawn)

    def _kernel(self, one: IntArray, other: IntArray) -> FloatArray:
        return self.signal * _shaped(np.tensordot(self.weights, self.distances(one, other), 1), self.shape)[0]


def gaussian_process(distances: Distances, shape: Shape = "exponential", *, steps: int = 25) -> Fit:
    """A `Fit`.

    Args:
        distances: what tells genomes apart.
        shape: of the kernel.
        steps: of the search for hyper-parameters.

    Raises:
        InputError: there is no such shape.
    """
    one_of("the shape of a kernel", shape, get_args(Shape))

    def fit(genomes: IntArray, figures: FloatArray, objective: Objective) -> GaussianProcess:  # noqa: ARG001
        level, scale = float(figures.mean()), float(figures.std()) or 1.0
        y = (figures - level) / scale
        some = np.unique(np.linspace(0, len(y) - 1, min(len(y), _ROWS)).astype(np.int64))
        weights, signal, noise, density = _hyperparameters(
            distances(genomes[some], genomes[some]), y[some], shape, steps
        )
        apart = np.tensordot(weights, distances(genomes, genomes), 1)
        root = cholesky(signal * _shaped(apart, shape)[0] + noise * np.eye(len(y)))
        dual = np.linalg.solve(root.T, np.linalg.solve(root, y))
        evidence = density - len(some) * float(np.log(scale))  # of the figures as they are, not standardised
        return GaussianProcess(distances, shape, genomes, weights, signal, noise, level, scale, root, dual, evidence)

    return fit


def cholesky(matrix: FloatArray) -> FloatArray:
    """Lower factor of a covariance that rounding, or a distance that is no true one, may have made indefinite."""
    jitter = 1e-9 * max(float(np.trace(matrix)) / len(matrix), 1e-12) if len(matrix) else 0.0
    for _ in range(8):
        try:
            return np.asarray(np.linalg.cholesky(matrix + jitter * np.eye(len(matrix))))
        except np.linalg.LinAlgError:
            jitter *= 10
    values, vectors = np.linalg.eigh(matrix)  # clipped to the nearest true covariance
    return np.asarray(np.linalg.cholesky((vectors * np.maximum(values, 1e-6 * values.max())) @ vectors.T))


def _shaped(s: FloatArray, shape: Shape) -> tuple[FloatArray, FloatArray]:
    """The kernel and its derivative by ``s``."""
    one_of("the shape of a kernel", shape, get_args(Shape))
    if shape == "exponential":
        value = np.exp(-s)
        return value, -value
    r = np.sqrt(5 * np.maximum(s, 1e-18))
    decay = np.exp(-r)
    return (1 + r + r**2 / 3) * decay, -5 / 6 * (1 + r) * decay


def log_posterior(theta: FloatArray, apart: FloatArray, y: FloatArray, shape: Shape) -> tuple[float, FloatArray]:
    """Minus the log density of the hyper-parameters, up to a constant, and its gradient.

    Args:
        theta: logarithms of the k weights, of the signal and of the noise variance.
        apart: distances ``(k, n, n)``.
        y: standardised figures ``(n,)``.
        shape: of the kernel.
    """
    k, n = len(apart), len(y)
    weights, signal, noise = np.exp(theta[:k]), np.exp(theta[k]), np.exp(theta[k + 1])
    value, slope = _shaped(np.tensordot(weights, apart, 1), shape)
    root = cholesky(signal * value + noise * np.eye(n))
    inverse = np.linalg.solve(root.T, np.linalg.solve(root, np.eye(n)))
    dual = inverse @ y
    loss = 0.5 * float(y @ dual) + float(np.log(np.diag(root)).sum())
    pull = 0.5 * (inverse - np.outer(dual, dual))  # derivative of the loss by the covariance
    by_weight = weights * np.tensordot(apart, pull * signal * slope, 2)
    gradient = np.concatenate([by_weight, [signal * (pull * value).sum(), noise * np.trace(pull)]])
    centre = np.concatenate([np.full(k, -np.log(k)), [0.0, np.log(1e-2)]])
    width = np.concatenate([np.full(k, 1.5), [1.0, 1.5]])
    away = (theta - centre) / width
    return loss + 0.5 * float(away @ away), gradient + away / width


def _hyperparameters(
    apart: FloatArray, y: FloatArray, shape: Shape, steps: int
) -> tuple[FloatArray, float, float, float]:
    from scipy.optimize import minimize

    k = len(apart)
    start = np.concatenate([np.full(k, -np.log(k)), [0.0, np.log(1e-2)]])
    bounds = [(v - 6.0, v + 6.0) for v in start]
    optimum = minimize(
        log_posterior, start, (apart, y, shape), method="L-BFGS-B", jac=True, bounds=bounds, options={"maxiter": steps}
    )
    return np.exp(optimum.x[:k]), float(np.exp(optimum.x[k])), float(np.exp(optimum.x[k + 1])), -float(optimum.fun)
