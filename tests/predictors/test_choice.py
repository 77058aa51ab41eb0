import numpy as np
import pytest

from hwnas.predictors._choice import Choice, _fit, choose, simplest_within_one_error
from hwnas.predictors._views import View, everything
from hwnas.predictors.gaussian_process import GaussianProcessRegressor
from hwnas.predictors.ridge import RidgeRegressor
from hwnas.predictors.trees import TreesRegressor


def choice_of(errors: list[float]) -> Choice:
    return Choice(RidgeRegressor(), everything(1), np.zeros(len(errors)), np.array(errors))


def test_the_simplest_is_taken_unless_another_is_clearly_better() -> None:
    simple, slightly, clearly = choice_of([1.0, 2.0, 3.0]), choice_of([2.0, 1.0, 2.9]), choice_of([0.1, 0.2, 0.3])
    assert simplest_within_one_error([simple, slightly]) is simple
    assert simplest_within_one_error([simple, clearly]) is clearly


def test_one_absurd_row_does_not_decide() -> None:
    good = choice_of([*[0.1] * 50, 1e6])
    bad = choice_of([*[0.2] * 50, 1.0])
    assert simplest_within_one_error([bad, good]) is good


def test_a_view_is_chosen_for_the_regressor_that_uses_it() -> None:
    """A product of two columns: linear regression finds nothing in them, and would look at its noisy copy instead."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(120, 2))
    y = x[:, 0] * x[:, 1]
    rows = np.concatenate([x, (y + rng.normal(size=120) * 0.3)[:, None]], axis=1)
    plain, copy = View("plain", np.eye(3)[:, :2]), View("copy", np.eye(3)[:, 2:])
    makes = (RidgeRegressor, GaussianProcessRegressor)
    assert choose(rows, y, np.ones(120), candidates=makes[:1], views=[plain, copy], seed=0).view is copy
    assert choose(rows, y, np.ones(120), candidates=makes, views=[plain, copy], seed=0).view is plain


def test_dear_regressors_look_only_where_the_others_saw_best() -> None:
    rng = np.random.default_rng(1)
    rows = np.concatenate([rng.normal(size=(60, 3)), rng.uniform(size=(60, 1))], axis=1)
    step = np.floor(4 * rows[:, 3])
    noise, signal = View("noise", np.eye(4)[:, :3]), View("signal", np.eye(4)[:, 3:])
    candidates = (RidgeRegressor, TreesRegressor)
    assert choose(rows, step, np.ones(60), candidates=candidates, views=[noise, signal], seed=0).view is signal


def test_outliers_bend_the_guess_little() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(80, 2))
    y = 10 + x.sum(axis=1) + rng.normal(size=80) * 0.05
    y[:4] += 30
    chosen = choose(x, y, np.ones(80), candidates=(RidgeRegressor,), views=[everything(2)], seed=0)
    assert chosen.robust
    fresh = rng.normal(size=(50, 2))
    assert np.abs(chosen.regressor.predict(fresh) - 10 - fresh.sum(axis=1)).mean() < 0.2


def test_more_rows_than_the_choice_needs_are_all_learnt_from() -> None:
    x = np.random.default_rng(3).normal(size=(400, 2))
    y = x @ [1.0, 2.0] + 5
    chosen = choose(x, y, np.ones(400), candidates=(RidgeRegressor,), views=[everything(2)], seed=0)
    assert len(chosen.guesses) == 400
    np.testing.assert_allclose(chosen.guesses, y, atol=1e-3)


class Fixed(RidgeRegressor):
    """Guesses zero, and remembers how much each row was to weigh."""

    scales: list[np.ndarray]

    def fit(self, features: np.ndarray, target: np.ndarray, row_scale: np.ndarray) -> np.ndarray:  # noqa: ARG002
        self.scales = [*getattr(self, "scales", []), row_scale]
        return np.zeros(len(features))


def test_a_row_beyond_a_robust_standard_deviation_weighs_less_by_how_far_it_is_beyond() -> None:
    """Errors of 1, 1, 1 and 8: their median is 1, so that a standard deviation is taken to be 1.4826."""
    target, made = np.array([1.0, -1.0, 1.0, 8.0]), list[Fixed]()

    def make(seed: int) -> Fixed:
        made.append(Fixed(seed))
        return made[0]

    _fit(make, everything(1), np.zeros((4, 1)), target, np.ones(4), seed=0, robust=True)
    first, *again = made[0].scales
    assert first.tolist() == [1.0] * 4
    assert len(again) == 3
    for scales in again:
        assert scales.tolist() == [1.0, 1.0, 1.0, pytest.approx((1.4826 / 8) ** 0.5)]
