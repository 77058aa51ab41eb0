"""Ridge regression: what a network costs is, nearly, the sum of what its parts cost.

The penalty is chosen by leave-one-out error, which has a closed form (Golub, Heath & Wahba, Technometrics 1979);
rows are scaled, so that relative errors are minimised where those matter. The intercept is not penalised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.predictors._calibrated import CalibratedPredictor
from hwnas.predictors._regressor import LinearRegressor, Standard

if TYPE_CHECKING:
    from typing import Unpack

    from hwnas.predictors._calibrated import Settings

# Penalties tried, as shares of the largest squared singular value: from none to nearly the mean of all rows.
_PENALTIES = np.logspace(-8, 1, 46)


class RidgeRegressor(LinearRegressor):
    """Linear in standardised features."""

    name = "ridge"
    complexity = 1

    def fit(self, features: FloatArray, target: FloatArray, row_scale: FloatArray) -> FloatArray:
        """See `Regressor.fit`; leave-one-out guesses are exact for the chosen penalty."""
        standard = Standard.of(features)
        x = standard(features)
        weights = row_scale**2 / np.sum(row_scale**2)
        x_mean, y_mean = weights @ x, float(weights @ target)
        left, sizes, right = np.linalg.svd(row_scale[:, None] * (x - x_mean), full_matrices=False)
        along = left.T @ (row_scale * (target - y_mean))
        penalties = _PENALTIES * max(float(sizes[0]) ** 2, 1e-300)
        shrinkage = sizes[:, None] ** 2 / (sizes[:, None] ** 2 + penalties)
        residuals = (row_scale * (target - y_mean))[:, None] - left @ (shrinkage * along[:, None])
        leverage = weights[:, None] + left**2 @ shrinkage
        left_out = residuals / np.maximum(1 - leverage, 1e-9)
        best = int(np.argmin(np.mean(left_out**2, axis=0)))
        shrunk = right.T @ (sizes / (sizes**2 + penalties[best]) * along)
        self._coefficients = shrunk / standard.scale
        self._intercept = y_mean - float(x_mean @ shrunk) - float(standard.centre @ self._coefficients)
        guesses: FloatArray = target - left_out[:, best] / row_scale
        return guesses


def ridge(**settings: Unpack[Settings]) -> CalibratedPredictor:
    """A ridge regression with intervals and honesty card; see `CalibratedPredictor` for the settings."""
    return CalibratedPredictor((RidgeRegressor,), **settings)
