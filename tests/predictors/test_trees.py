import numpy as np
import pytest

from hwnas.predictors import trees as room
from hwnas.predictors.trees import TreesRegressor, trees


def test_left_out_guesses_do_not_know_their_row() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 4)), rng.normal(size=80)
    regressor = TreesRegressor(seed=1)
    guesses = regressor.fit(x, y, np.ones(80))
    assert np.corrcoef(regressor.predict(x), y)[0, 1] > 0.8
    assert abs(np.corrcoef(guesses, y)[0, 1]) < 0.35


def test_a_step_is_learnt_sharply() -> None:
    x = np.linspace(0, 1, 100)[:, None]
    y = np.where(x[:, 0] < 0.5, 1.0, 9.0)
    regressor = TreesRegressor()
    regressor.fit(x, y, np.ones(100))
    np.testing.assert_allclose(regressor.predict(np.array([[0.2], [0.8]])), [1, 9], atol=0.05)


def test_heavy_rows_are_guessed_from_other_trees_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_TREES", 30)
    x = np.arange(40.0)[:, None]
    scale = np.where(np.arange(40) == 20, 1000.0, 1.0)
    y = np.where(np.arange(40) == 20, 50.0, x[:, 0])
    guesses = TreesRegressor().fit(x, y, scale)
    assert abs(guesses[20] - 50) > 10


def test_the_graph_agrees_at_thresholds_that_single_precision_cannot_tell_apart(tmp_path) -> None:  # noqa: ANN001
    from hwnas.predictors import load

    rng = np.random.default_rng(2)
    x = 1 + rng.integers(0, 4, size=(60, 3)) * 1.2e-7  # neighbouring float32 values
    predictor = trees()
    predictor.fit(x, x.sum(axis=1) * 1e7 + rng.normal(size=60))
    predictor.save(tmp_path)
    np.testing.assert_allclose(load(tmp_path).predict(x).mean, predictor.predict(x).mean, rtol=1e-9)
