"""What a fitted predictor says, by hand."""

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.predictors._fitted import Fitted, finite_rows, nothing
from hwnas.predictors._views import everything
from hwnas.predictors.ridge import RidgeRegressor


class Doubled(RidgeRegressor):
    """Twice the first feature."""

    def predict(self, features: np.ndarray) -> np.ndarray:
        return 2.0 * features[:, 0]


ROWS = np.array([[1.0, 5.0], [-1.0, 5.0]])


def test_an_interval_is_the_guess_with_the_width_on_both_sides() -> None:
    found = Fitted(Doubled(), everything(2), 0.25).predict(ROWS)
    assert found.mean.tolist() == [2.0, -2.0]
    assert found.low.tolist() == [1.75, -2.25]
    assert found.high.tolist() == [2.25, -1.75]


@pytest.mark.parametrize(("width", "low", "high"), [(0.25, [1.5, 0.375], [2.5, 0.625]), (1.5, [0, 0], [5.0, 1.25])])
def test_a_relative_one_is_a_share_of_a_guess_that_stays_above_its_floor(
    width: float, low: list[float], high: list[float]
) -> None:
    found = Fitted(Doubled(), everything(2), width, floor=0.5).predict(ROWS)
    assert found.mean.tolist() == [2.0, 0.5]
    assert found.low.tolist() == low
    assert found.high.tolist() == high


@pytest.mark.parametrize("wrong", [np.ones(3), np.ones((2, 3, 1)), np.ones((2, 0)), np.ones((2, 4))])
def test_what_is_no_rows_of_that_width_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"should have shape \(n, 3\)"):
        finite_rows(wrong, 3)
    assert finite_rows(np.ones((2, 4), dtype=np.int64), None).dtype == np.float64
    with pytest.raises(InputError, match="finite numbers, got NaN"):
        finite_rows(np.array([[1.0, np.nan]]), None)


def test_of_no_rows_there_is_no_prediction() -> None:
    assert [len(part) for part in (nothing().mean, nothing().low, nothing().high)] == [0, 0, 0]


def test_one_column_is_enough() -> None:
    assert finite_rows(np.ones((2, 1)), 1).shape == finite_rows(np.ones((2, 1)), None).shape == (2, 1)
