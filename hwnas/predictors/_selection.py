"""The usual way to a predictor: hand over rows, get the regressor that suits them, of all predictors there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.finding import settings_of, usable
from hwnas.contracts.predictor import SOURCES
from hwnas.predictors._calibrated import CalibratedPredictor, rows_needed

if TYPE_CHECKING:
    from typing import Unpack

    from hwnas.predictors._calibrated import Settings
    from hwnas.predictors._choice import MakeRegressor
    from hwnas.predictors.transfer import Table

_ROWS_TO_DO_WITHOUT = rows_needed(0.95)  # fewer rows learn from other devices or not at all


def fit_best(
    features: FloatArray, target: FloatArray, *, sources: Sequence[Table] = (), **settings: Unpack[Settings]
) -> CalibratedPredictor:
    """Fit the simplest regressor that is as good as any on ``(n, f)`` and ``(n,)``.

    Considered are the regressors of every predictor that is found by name. With the tables of `sources`, features and
    figures of other devices, those that start from them are too; few rows leave no other. The settings
    (``target_name``, ``relative``, ``confidence``, ``seed``, ``space``) and how the choice is made are told by
    `CalibratedPredictor`.

    Raises:
        InputError: too few rows (the message says how many are needed), values that cannot be learnt from, or something
            that is found by name is no such predictor.
    """
    alone = bool(sources) and len(target) < _ROWS_TO_DO_WITHOUT
    candidates = dict.fromkeys(_candidates(sources, settings, only_transferred=alone))
    seed = settings.get("seed", 0)
    simplest_first = sorted(candidates, key=lambda make: make(seed).complexity)
    predictor = CalibratedPredictor(tuple(simplest_first), **settings)
    predictor.fit(features, target)
    return predictor


def _candidates(sources: Sequence[Table], settings: Settings, *, only_transferred: bool) -> Iterator[MakeRegressor]:
    for name, make in usable("predictors").items():
        transferred = SOURCES in settings_of(make)
        if only_transferred and not transferred:
            continue
        predictor = make(**settings, **({SOURCES: sources} if transferred else {}))  # type: ignore[operator]
        if not isinstance(predictor, CalibratedPredictor):
            raise InputError(
                f"The predictor {quoted(name)} should give a `CalibratedPredictor` with the regressors to try, got "
                f"{type(predictor).__name__}; mend it, or uninstall its package."
            )
        yield from predictor.candidates
