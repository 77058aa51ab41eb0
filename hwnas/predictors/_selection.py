"""The usual way to a predictor: hand over rows, get the regressor that suits them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwnas.contracts.arrays import FloatArray
from hwnas.predictors._calibrated import CalibratedPredictor
from hwnas.predictors.gaussian_process import GaussianProcessRegressor
from hwnas.predictors.ridge import RidgeRegressor
from hwnas.predictors.trees import TreesRegressor

if TYPE_CHECKING:
    from typing import Unpack

    from hwnas.predictors._calibrated import Settings

_SIMPLEST_FIRST = (RidgeRegressor, GaussianProcessRegressor, TreesRegressor)


def fit_best(features: FloatArray, target: FloatArray, **settings: Unpack[Settings]) -> CalibratedPredictor:
    """Fit the simplest regressor that is as good as any on ``(n, f)`` and ``(n,)``.

    The settings (``target_name``, ``relative``, ``confidence``, ``seed``, ``space``) and how the choice is made are
    told by `CalibratedPredictor`.

    Raises:
        InputError: too few rows (the message says how many are needed), or values that cannot be learnt from.
    """
    predictor = CalibratedPredictor(_SIMPLEST_FIRST, **settings)
    predictor.fit(features, target)
    return predictor
