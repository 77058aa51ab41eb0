"""A predictor is a procedure: choose a regressor, fit it, find how wide its intervals must be.

Choice: see `_choice`.
Width: the conformal quantile of the chosen one's own left-out errors, relative to the guess where errors are
(Barber et al., Predictive inference with the jackknife+, 2021; here the plain jackknife, which one graph can hold).
Card: ten folds; in each the whole procedure (choice, hyper-parameters, width) is done again without the fold. So
errors and coverage on the card are nested completely; what is not nested is the width itself, whose left-out errors
share the hyper-parameters with their row. If that made intervals too narrow, the card's coverage would show it.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.predictor import HonestyCard, Prediction, Predictor
from hwnas.predictors._choice import MakeRegressor, choose
from hwnas.predictors._features import feature_names
from hwnas.predictors._fitted import Fitted, finite_rows, nothing
from hwnas.predictors._honesty import FOLDS, held_out, honesty_card
from hwnas.predictors._storage import write
from hwnas.predictors._views import views
from hwnas.threads import on_one_thread

if TYPE_CHECKING:
    from hwnas.contracts.search_space import SearchSpace

# Rows smaller than this share of the median do not get more weight for it: on tables that reach from nearly nothing
# to a thousand times more (NAS-Bench-201 on phones) a few tiny rows would otherwise rule the fit. 0, 0.25, 0.5 and 1
# were tried there; 0.5 changes nothing where the range is small.
_NEAR_ZERO = 0.5


class Settings(TypedDict, total=False):
    """What every predictor of this room is made with; see `CalibratedPredictor`."""

    target_name: str
    relative: bool
    confidence: float
    seed: int
    space: SearchSpace | None


class CalibratedPredictor(Predictor):
    """The best of a few regressors, with conformal intervals and an honesty card.

    What a predictor that is found by name is made of: `fit_best` tries the candidates of all of them.

    Args:
        candidates: regressors to choose from, the simplest first; each is made from a seed.
        target_name: what is predicted, such as ``latency_ms``.
        relative: whether errors count as a share of the figure (latencies do), which must then be positive.
        confidence: share of truths the intervals should hold.
        seed: of the folds and of regressors that draw.
        space: where the features come from (see `features`); it tells genes from features of hardware, and is named
            in the stored card, so that the predictor is not used with another space.

    Raises:
        InputError: the confidence is not between 0 and 1.
    """

    def __init__(
        self,
        candidates: tuple[MakeRegressor, ...],
        *,
        target_name: str = "target",
        relative: bool = False,
        confidence: float = 0.95,
        seed: int = 0,
        space: SearchSpace | None = None,
    ) -> None:
        if not 0 < confidence < 1:
            raise InputError(f"A confidence lies between 0 and 1, got {confidence}; use 0.95, for instance.")
        self.candidates = candidates
        self._target_name = target_name
        self._relative = relative
        self.confidence = confidence
        self._seed = seed
        self.space = space
        self._fitted: Fitted | None = None
        self._held_out: Prediction | None = None

    def fit(self, features: FloatArray, target: FloatArray) -> None:
        """See `Predictor.fit`; `held_out`, ten fits more, is made when first asked for."""
        features, target = np.asarray(features, dtype=np.float64), np.asarray(target, dtype=np.float64)
        self._check(features, target)
        self._held_out = None
        self._rows = (features.copy(), target.copy())
        self._fitted = self._procedure(features, target)

    def predict(self, features: FloatArray) -> Prediction:
        """See `Predictor.predict`.

        Raises:
            InputError: not fitted yet, another number of features, or a value that is not finite.
        """
        fitted = self.fitted
        rows = finite_rows(features, self._rows[0].shape[1])
        return fitted.predict(rows) if len(rows) else nothing()

    @property
    def rows(self) -> tuple[FloatArray, FloatArray]:
        """Features ``(n, f)`` and figures ``(n,)`` it learnt from.

        Raises:
            InputError: nothing yet.
        """
        _ = self.fitted
        return self._rows

    @property
    def fitted(self) -> Fitted:
        """What `fit` found.

        Raises:
            InputError: nothing yet.
        """
        if self._fitted is None:
            raise InputError("This predictor has learnt nothing yet; call fit(features, target) first.")
        return self._fitted

    @property
    def card(self) -> HonestyCard:
        """See `Predictor.card`.

        Raises:
            InputError: not fitted yet.
        """
        model = self.fitted.regressor.name
        return honesty_card(
            self._rows[1],
            self.held_out,
            target_name=self._target_name,
            model=model,
            relative=self._relative,
            confidence=self.confidence,
        )

    @property
    def held_out(self) -> Prediction:
        """Predictions ``(n,)`` of the very rows it learnt from, each by the whole procedure without that row's fold.

        Raises:
            InputError: not fitted yet.
        """
        if self._held_out is None:
            _ = self.fitted
            features, target = self._rows
            self._held_out = held_out(
                features, target, lambda x, y, new: self._procedure(x, y).predict(new), self._seed
            )
        return self._held_out

    def save(self, folder: Path) -> None:
        """See `Predictor.save`.

        Raises:
            InputError: not fitted yet, or the folder cannot be written.
        """
        write(folder, self.fitted, self.card, space=self.space)

    @on_one_thread
    def _procedure(self, features: FloatArray, target: FloatArray) -> Fitted:
        row_scale = 1 / np.maximum(target, _NEAR_ZERO * np.median(target)) if self._relative else np.ones(len(target))
        chosen = choose(
            features,
            target,
            row_scale,
            candidates=self.candidates,
            views=views(self.space, features.shape[1]),
            seed=self._seed,
        )
        # A figure that counts relatively is positive; far outside the known rows a linear guess might not be.
        floor = 0.1 * float(target.min()) if self._relative else None
        centre = chosen.guesses if floor is None else np.maximum(chosen.guesses, floor)
        scores = np.abs(target - centre) / (centre if self._relative else 1.0)
        return Fitted(chosen.regressor, chosen.view, _conformal_quantile(scores, self.confidence), floor)

    def _check(self, features: FloatArray, target: FloatArray) -> None:
        finite_rows(features, None if self.space is None else len(feature_names(self.space)))
        if target.shape != (len(features),) or not np.isfinite(target).all():
            raise InputError(
                f"A predictor learns one finite figure per row ({len(features)} rows), got shape {target.shape}"
                f"{'' if np.isfinite(target).all() else ' with values that are not finite'}; drop failed rows."
            )
        needed = rows_needed(self.confidence)
        if len(target) < needed:
            raise InputError(
                f"Intervals of {self.confidence:.0%} with an honesty card need at least {needed} measured rows, got "
                f"{len(target)}; measure {needed - len(target)} more, or lower the confidence."
            )
        if self._relative and target.min() <= 0:
            raise InputError(
                f"Relative errors need positive figures, got {target.min():g} as smallest {self._target_name}; "
                "drop that row, or predict with relative=False."
            )


def rows_needed(confidence: float) -> int:
    """Rows from which nine folds of ten still allow a conformal quantile at this confidence."""
    within_fold = math.ceil(confidence / (1 - confidence) - 1e-9)
    return max(FOLDS, -(-FOLDS * within_fold // (FOLDS - 1)))


def _conformal_quantile(scores: FloatArray, confidence: float) -> float:
    rank = min(len(scores), math.ceil((len(scores) + 1) * confidence - 1e-9))
    return float(np.sort(scores)[rank - 1])
