"""What a regressor has to know: point guesses, guesses for its own rows without them, and itself as ONNX.

Intervals, the honesty card and storage are the same for all and live beside it, so a new regressor is one file.

Row scales: residuals are minimised as ``row_scale * (target - guess)``. Latencies add up, so models are linear in
the target itself (no logarithm), while errors matter as a share of it: then the scale is ``1 / target``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import FloatArray

if TYPE_CHECKING:
    from onnx import NodeProto


@dataclass(frozen=True)
class Subgraph:
    """Nodes from ``seen`` (double ``(n, f)``, what a view shows) to ``guess`` (double, ``(n,)`` or ``(n, 1)``)."""

    nodes: list[NodeProto]
    constants: dict[str, np.ndarray]


class Regressor(ABC):
    """A point regressor. Made from a seed alone; everything else it finds in the data.

    An ABC and not a Protocol: third parties subclass it, and a missing method must fail when it is made.
    """

    name: str
    complexity: int = 100
    """Of regressors that are as good as one another, the one with the least is taken: of those here, 0 to 3."""
    dear: bool = False
    """Slow to fit: looks only where the others saw best."""
    whole: bool = False
    """Knows what to look at: is shown all columns."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    @abstractmethod
    def fit(self, features: FloatArray, target: FloatArray, row_scale: FloatArray) -> FloatArray:
        """Learn from ``(n, f)`` and ``(n,)``; return guesses ``(n,)`` for the same rows, each made without its row."""

    @abstractmethod
    def predict(self, features: FloatArray) -> FloatArray:
        """Guesses ``(n,)`` for ``(n, f)``."""

    @abstractmethod
    def subgraph(self) -> Subgraph:
        """What `predict` does, in double precision."""


class LinearRegressor(Regressor):
    """One whose `fit` ends with `_coefficients` ``(f,)`` and `_intercept`."""

    _coefficients: FloatArray
    _intercept: float

    def predict(self, features: FloatArray) -> FloatArray:
        """See `Regressor.predict`."""
        guesses: FloatArray = features @ self._coefficients + self._intercept
        return guesses

    def subgraph(self) -> Subgraph:
        """See `Regressor.subgraph`."""
        from onnx import helper

        return Subgraph(
            [
                helper.make_node("MatMul", ["seen", "coefficients"], ["sum"]),
                helper.make_node("Add", ["sum", "intercept"], ["guess"]),
            ],
            {"coefficients": self._coefficients, "intercept": np.array([self._intercept])},
        )


@dataclass(frozen=True)
class Standard:
    """Columns brought to mean 0 and spread 1; constant columns become 0."""

    centre: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, features: FloatArray) -> Standard:
        """Learn centre and scale ``(f,)`` from ``(n, f)``."""
        centre = features.mean(axis=0)
        spread = features.std(axis=0)
        constant = spread <= 1e-12 * np.abs(centre)
        return cls(centre, np.where(constant, np.inf, spread))

    def __call__(self, features: FloatArray) -> FloatArray:
        """Standardised ``(n, f)``."""
        result: FloatArray = (features - self.centre) / self.scale
        return result
