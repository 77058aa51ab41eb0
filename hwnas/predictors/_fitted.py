"""What fitting a predictor gives: a value that guesses, and all that is stored of it."""

from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.predictor import Prediction
from hwnas.predictors._regressor import Regressor
from hwnas.predictors._views import View


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted regressor with the width of its intervals.

    Args:
        regressor: gives the guesses.
        view: what it is shown of the features.
        width: half of an interval, in units of the figure, or as a share of the guess if there is a `floor`.
        floor: no guess is below it; None: guesses and errors are in units of the figure.
    """

    regressor: Regressor
    view: View
    width: float
    floor: float | None = None

    def predict(self, features: FloatArray) -> Prediction:
        """Guesses for features ``(n, f)``."""
        return self.guess(self.view(features))

    def guess(self, seen: FloatArray) -> Prediction:
        """Guesses for what the view shows of them, ``(n, k)``."""
        mean = self.regressor.predict(seen)
        if self.floor is None:
            return Prediction(mean, mean - self.width, mean + self.width)
        mean = np.maximum(mean, self.floor)
        return Prediction(mean, mean * max(0.0, 1 - self.width), mean * (1 + self.width))


def finite_rows(features: FloatArray, width: int | None) -> FloatArray:
    """`features` as doubles, if they are rows ``(n, f)`` of finite numbers, `width` of them where it is known.

    Raises:
        InputError: they are not.
    """
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or features.shape[1] == 0 or (width is not None and features.shape[1] != width):
        wanted = "(n, f)" if width is None else f"(n, {width})"
        raise InputError(f"Features should have shape {wanted}, got {features.shape}; make them with one space.")
    if not np.isfinite(features).all():
        raise InputError("Features should be finite numbers, got NaN or infinity; drop those rows.")
    return features


def nothing() -> Prediction:
    """The prediction for no rows, which regressors need not know how to make."""
    return Prediction(np.empty(0), np.empty(0), np.empty(0))
