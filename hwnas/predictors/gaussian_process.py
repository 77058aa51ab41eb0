"""Gaussian process: a sum of parts, plus what parts do to one another where the rows show it.

The kernel is a blend of a linear one (so that it can be as good as ridge on additive figures) and a squared
exponential. Blend, length and noise maximise the marginal likelihood on a grid, with the overall scale in closed form
and one eigendecomposition per kernel for all noises (Rasmussen & Williams, 2006, sections 5.4 and 6.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.predictors._calibrated import CalibratedPredictor
from hwnas.predictors._regressor import Regressor, Standard, Subgraph

if TYPE_CHECKING:
    from typing import Unpack

    from hwnas.predictors._calibrated import Settings

# Cubic time: more rows than these add seconds per fit and, being many, little knowledge.
_ROWS = 1000
_ROWS_FOR_KERNEL = 300
# Share of the squared exponential, its length (in root mean squared distances per feature), noise (share of signal).
_BLENDS = (0.1, 0.5, 0.9)
_LENGTHS = (0.7, 1.4, 3.0)
_NOISES = np.logspace(-7, 1, 25)
_BATCH = 1024


@dataclass(frozen=True)
class _Kernel:
    blend: float
    length: float
    varying: int  # columns that are not constant: distances are means over these

    def gram(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """Kernel values ``(n, k)`` of standardised rows ``(n, f)`` and ``(k, f)``."""
        linear: FloatArray = (a @ b.T) / self.varying * (1 - self.blend)
        return linear + self.curved(a, b)

    def curved(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """The squared exponential part alone."""
        squared = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * (a @ b.T)
        part: FloatArray = self.blend * np.exp(self.rate * squared)
        return part

    @property
    def rate(self) -> float:
        """What multiplies a squared distance in the exponent."""
        return -0.5 / (self.length**2 * self.varying)


class GaussianProcessRegressor(Regressor):
    """Linear plus squared exponential; on more rows than it can afford it learns from a random part of them."""

    name = "gaussian_process"
    complexity = 2

    def fit(self, features: FloatArray, target: FloatArray, row_scale: FloatArray) -> FloatArray:
        """See `Regressor.fit`; leave-one-out guesses are exact for the kernel found."""
        order = np.random.default_rng(self.seed).permutation(len(target))
        learnt, rest = np.sort(order[:_ROWS]), order[_ROWS:]
        self._standard = Standard.of(features[learnt])
        rows = self._standard(features[learnt])
        scale = row_scale[learnt] / row_scale[learnt].mean()
        self._mean = float(np.average(target[learnt], weights=scale**2))
        residual = scale * (target[learnt] - self._mean)
        few = np.random.default_rng(self.seed).permutation(len(learnt))[:_ROWS_FOR_KERNEL]
        self._kernel, noise = _likeliest(rows[few], residual[few], scale[few])
        scaled = scale[:, None] * self._kernel.gram(rows, rows) * scale
        inverse = np.linalg.inv(scaled + noise * np.mean(np.diag(scaled)) * np.eye(len(rows)))
        weights = inverse @ residual
        self._rows, self._curved = rows, scale * weights
        self._linear = (1 - self._kernel.blend) / self._kernel.varying * (rows.T @ self._curved)
        guesses = np.empty(len(target))
        guesses[learnt] = target[learnt] - weights / np.diag(inverse) / scale
        guesses[rest] = self.predict(features[rest])
        return guesses

    def predict(self, features: FloatArray) -> FloatArray:
        """See `Regressor.predict`; in batches, as the kernel matrix is large."""
        rows = self._standard(features)
        kernel = self._kernel
        # Squared distances are one matrix product of rows that carry their own norm and a one.
        factors = np.concatenate([-2 * self._rows, np.ones((len(self._rows), 1)), _norms(self._rows)], axis=1)
        rates, weights = kernel.rate * factors.T, kernel.blend * self._curved
        guesses: FloatArray = self._mean + rows @ self._linear
        for i in range(0, len(rows), _BATCH):
            some = rows[i : i + _BATCH]
            part = np.concatenate([some, _norms(some), np.ones((len(some), 1))], axis=1) @ rates
            guesses[i : i + _BATCH] += np.exp(part, out=part) @ weights
        return guesses

    def subgraph(self) -> Subgraph:
        """See `Regressor.subgraph`."""
        from onnx import helper

        node = helper.make_node
        nodes = [
            node("Sub", ["seen", "centre"], ["centred"]),
            node("Div", ["centred", "spread"], ["rows"]),
            node("Mul", ["rows", "rows"], ["squares"]),
            node("ReduceSum", ["squares", "columns"], ["norm"], keepdims=1),
            node("MatMul", ["rows", "known_rows"], ["product"]),
            node("Mul", ["product", "minus_two"], ["cross"]),
            node("Add", ["norm", "known_norm"], ["norms"]),
            node("Add", ["norms", "cross"], ["squared_distance"]),
            node("Mul", ["squared_distance", "rate"], ["exponent"]),
            node("Exp", ["exponent"], ["kernel"]),
            node("MatMul", ["kernel", "curved_weights"], ["curved"]),
            node("MatMul", ["rows", "linear_weights"], ["linear"]),
            node("Add", ["linear", "curved"], ["deviation"]),
            node("Add", ["deviation", "average"], ["guess"]),
        ]
        constants = {
            "centre": self._standard.centre,
            "spread": self._standard.scale,
            "columns": np.array([1], dtype=np.int64),
            "known_rows": self._rows.T,
            "known_norm": np.square(self._rows).sum(axis=1),
            "minus_two": np.array([-2.0]),
            "rate": np.array([self._kernel.rate]),
            "curved_weights": self._kernel.blend * self._curved,
            "linear_weights": self._linear,
            "average": np.array([self._mean]),
        }
        return Subgraph(nodes, constants)


def _norms(rows: FloatArray) -> FloatArray:
    """Squared lengths ``(n, 1)``."""
    norms: FloatArray = np.square(rows).sum(axis=1, keepdims=True)
    return norms


def _likeliest(rows: FloatArray, residual: FloatArray, scale: FloatArray) -> tuple[_Kernel, float]:
    """Kernel and noise of the largest marginal likelihood of scaled residuals ``(n,)`` at rows ``(n, f)``."""
    varying = max(1, int(np.count_nonzero(rows.any(axis=0))))
    best, likeliest = np.inf, (_Kernel(_BLENDS[0], _LENGTHS[-1], varying), float(_NOISES[-1]))
    for kernel in (_Kernel(blend, length, varying) for blend in _BLENDS for length in _LENGTHS):
        scaled = scale[:, None] * kernel.gram(rows, rows) * scale
        values, vectors = np.linalg.eigh(scaled)
        along = np.square(vectors.T @ residual)
        spectra = np.maximum(values[:, None], 0) + _NOISES * np.mean(np.diag(scaled))
        fit = np.maximum(np.mean(along[:, None] / spectra, axis=0), 1e-300)
        loss = np.log(fit) + np.mean(np.log(spectra), axis=0)
        if loss.min() < best:
            best, likeliest = float(loss.min()), (kernel, float(_NOISES[int(np.argmin(loss))]))
    return likeliest


def gaussian_process(**settings: Unpack[Settings]) -> CalibratedPredictor:
    """A Gaussian process with intervals and honesty card; see `CalibratedPredictor` for the settings."""
    return CalibratedPredictor((GaussianProcessRegressor,), **settings)
