"""How many more timings a predictor that is too weak should ask for.

The whole procedure is fitted to parts of the rows and tested on the rest; its error falls with the rows as
``floor + b / rows`` (the first term is noise and what the features cannot tell, the second what more rows would), which
is fitted to the errors seen and solved for the goal. Learning curves of real predictors are flatter at their end than
this, so the answer tends to be too few rather than too many; it is asked again after the next timings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.predictors._calibrated import CalibratedPredictor
from hwnas.predictors._selection import fit_best

_SHARES = (0.35, 0.5, 0.7, 0.85)
_REPEATS = 4
_MOST = 20  # times the rows there are: beyond that an extrapolation says nothing
_LEAST = 10  # rows a part needs to be learnt from
_FEW_ROWS = 0.5  # intervals do not matter here, so the fewest rows do


@dataclass(frozen=True)
class Enough:
    """What a goal needs.

    Args:
        rows: how many timings in all should reach the goal; None: no number that can be told.
        error: mean relative error expected from the rows there are.
        floor: the error that remains however many there are.
        goal: the mean relative error that was asked for.
    """

    rows: int | None
    error: float
    floor: float
    goal: float

    def sentence(self, have: int) -> str:
        """For people."""
        if self.error <= self.goal:
            return f"{have} timings are enough for a mean error of {self.goal:.1%}."
        if self.rows is None:
            return (
                f"More timings would hardly bring the mean error to {self.goal:.1%}: about {self.floor:.1%} is noise "
                "or nothing the features tell; time more thoroughly."
            )
        return f"For a mean error of {self.goal:.1%}, time about {self.rows - have} more ({self.rows} in all)."


def timings_needed(predictor: CalibratedPredictor, goal: float) -> Enough:
    """How many rows would bring the mean relative error of a fitted predictor to `goal`.

    Raises:
        InputError: not fitted, a goal that is no share, or too few rows to see how the error falls.
    """
    if not 0 < goal < 1:
        raise InputError(f"A goal for the mean error is a share between 0 and 1, got {goal:g}; 0.02 is 2 %.")
    features, target = predictor.rows
    if int(_SHARES[-2] * len(target)) < _LEAST:
        least = math.ceil(_LEAST / _SHARES[-2])
        raise InputError(f"How an error falls with timings is seen from {least} on, got {len(target)}; time more.")
    sizes, errors = [], []
    rng = np.random.default_rng(0)
    for share in _SHARES:
        size = int(share * len(target))
        if size < _LEAST:
            continue
        wrong = [_error(features, target, size, rng, predictor) for _ in range(_REPEATS)]
        sizes.append(size)
        errors.append(float(np.mean(wrong)))
    floor, slope = _curve(np.array(sizes, dtype=np.float64), np.array(errors))
    here = floor + slope / len(target)
    rows = math.ceil(slope / (goal - floor)) if goal > floor else None
    if here <= goal:
        rows = len(target)
    return Enough(rows if rows is not None and rows <= _MOST * len(target) else None, here, floor, goal)


def _error(
    features: FloatArray, target: FloatArray, size: int, rng: np.random.Generator, predictor: CalibratedPredictor
) -> float:
    order = rng.permutation(len(target))
    learn, rest = order[:size], order[size:]
    fitted = fit_best(features[learn], target[learn], relative=True, confidence=_FEW_ROWS, space=predictor.space)
    return float(np.mean(np.abs(fitted.predict(features[rest]).mean / target[rest] - 1)))


def _curve(sizes: FloatArray, errors: FloatArray) -> tuple[float, float]:
    """Least squares of ``floor + slope / sizes``, neither negative."""
    inverse = 1 / sizes
    centred = inverse - inverse.mean()
    slope = max(0.0, float(centred @ errors / max(float(centred @ centred), 1e-300)))
    floor = float(errors.mean() - slope * inverse.mean())
    if floor < 0:
        return 0.0, float(inverse @ errors / (inverse @ inverse))
    return floor, slope
