"""The usual way to a predictor: hand over rows, get the regressor that suits them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwnas.contracts.arrays import FloatArray
from hwnas.predictors._calibrated import CalibratedPredictor
from hwnas.predictors.ridge import RidgeRegressor

if TYPE_CHECKING:
    from hwnas.contracts.search_space import SearchSpace


def fit_best(
    features: FloatArray,
    target: FloatArray,
    *,
    target_name: str,
    relative: bool,
    confidence: float = 0.95,
    seed: int = 0,
    space: SearchSpace | None = None,
) -> CalibratedPredictor:
    """Fit the simplest regressor that is as good as any on ``(n, f)`` and ``(n,)``; see `CalibratedPredictor`.

    Raises:
        InputError: too few rows (the message says how many are needed), or values that cannot be learnt from.
    """
    predictor = CalibratedPredictor(
        (RidgeRegressor,),
        target_name=target_name,
        relative=relative,
        confidence=confidence,
        seed=seed,
        space=space,
    )
    predictor.fit(features, target)
    return predictor
