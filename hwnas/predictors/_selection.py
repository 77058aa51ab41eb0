"""The usual way to a predictor: hand over rows, get the regressor that suits them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from hwnas.contracts.arrays import FloatArray
from hwnas.predictors._calibrated import CalibratedPredictor, rows_needed
from hwnas.predictors.gaussian_process import GaussianProcessRegressor
from hwnas.predictors.ridge import RidgeRegressor
from hwnas.predictors.transfer import Table, TransferRegressor, learn_prior
from hwnas.predictors.trees import TreesRegressor

if TYPE_CHECKING:
    from typing import Unpack

    from hwnas.predictors._calibrated import Settings
    from hwnas.predictors._choice import MakeRegressor

_SIMPLEST_FIRST = (RidgeRegressor, GaussianProcessRegressor, TreesRegressor)
_ROWS_TO_DO_WITHOUT = rows_needed(0.95)  # fewer rows learn from other devices or not at all


def fit_best(
    features: FloatArray, target: FloatArray, *, others: Sequence[Table] = (), **settings: Unpack[Settings]
) -> CalibratedPredictor:
    """Fit the simplest regressor that is as good as any on ``(n, f)`` and ``(n,)``.

    With the tables of `others`, features and figures of other devices, one that starts from them is tried too; few rows
    leave no other. The settings (``target_name``, ``relative``, ``confidence``, ``seed``, ``space``) and how the choice
    is made are told by `CalibratedPredictor`.

    Raises:
        InputError: too few rows (the message says how many are needed), or values that cannot be learnt from.
    """
    candidates: tuple[MakeRegressor, ...] = _SIMPLEST_FIRST
    if others:
        alone = len(target) < _ROWS_TO_DO_WITHOUT
        from_others = partial(TransferRegressor, prior=learn_prior(others, settings.get("space")))
        candidates = (from_others, *(() if alone else _SIMPLEST_FIRST))
    predictor = CalibratedPredictor(candidates, **settings)
    predictor.fit(features, target)
    return predictor
