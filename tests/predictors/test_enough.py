import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.predictors import CalibratedPredictor, timings_needed
from hwnas.predictors._enough import Enough, _curve
from hwnas.predictors.ridge import ridge


def fitted(n: int, noise: float) -> CalibratedPredictor:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 12))
    predictor = ridge(relative=True)
    predictor.fit(x, (10 + x @ np.linspace(0.2, 1, 12)) * (1 + noise * rng.normal(size=n)))
    return predictor


def test_a_goal_that_is_reached_asks_for_nothing() -> None:
    told = timings_needed(fitted(80, noise=0.001), goal=0.05)
    assert told.rows == 80
    assert "enough" in told.sentence(80)


def test_a_goal_below_the_noise_is_called_out_of_reach() -> None:
    told = timings_needed(fitted(80, noise=0.2), goal=0.02)
    assert told.rows is None
    assert "more thoroughly" in told.sentence(80)


def test_a_curve_is_followed_to_the_goal() -> None:
    sizes = np.array([20.0, 40.0, 80.0])
    floor, slope = _curve(sizes, 0.01 + 0.8 / sizes)
    assert floor == pytest.approx(0.01)
    assert slope == pytest.approx(0.8)
    assert "60 more (160 in all)" in Enough(160, 0.018, floor, 0.015).sentence(100)


@pytest.mark.parametrize("rows", [10, 11, 14])
def test_too_few_rows_to_see_how_the_error_falls_are_refused(rows: int) -> None:
    x = np.random.default_rng(0).normal(size=(rows, 3))
    predictor = ridge(relative=True, confidence=0.5)
    predictor.fit(x, 10 + x.sum(axis=1))
    with pytest.raises(InputError, match=f"seen from 15 on, got {rows}"):
        timings_needed(predictor, 0.01)


def test_a_goal_that_is_no_share_is_refused() -> None:
    with pytest.raises(InputError, match="2 %"):
        timings_needed(fitted(40, noise=0.01), goal=2)
