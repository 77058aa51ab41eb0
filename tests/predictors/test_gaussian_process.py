import numpy as np
import pytest

from hwnas.predictors import gaussian_process as room
from hwnas.predictors.gaussian_process import GaussianProcessRegressor, _Kernel
from hwnas.predictors.ridge import RidgeRegressor


def curved(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, size=(n, 3))
    return x, 5 + x[:, 0] * x[:, 1] * 2 + np.sin(3 * x[:, 2])


def test_what_is_not_a_sum_of_parts_is_learnt_better_than_by_ridge() -> None:
    x, y = curved(120, seed=0)
    fresh, truth = curved(300, seed=1)
    process, linear = GaussianProcessRegressor(), RidgeRegressor()
    for regressor in (process, linear):
        regressor.fit(x, y, np.ones(120))
    assert np.abs(process.predict(fresh) - truth).mean() < 0.2 * np.abs(linear.predict(fresh) - truth).mean()


def test_left_out_guesses_are_those_of_the_kernel_system_without_each_row(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = curved(30, seed=2)
    scale = 1 / y
    kernel, noise = _Kernel(0.5, 1.4, 3), 0.01
    monkeypatch.setattr(room, "_likeliest", lambda *_: (kernel, noise))
    guesses = GaussianProcessRegressor().fit(x, y, scale)
    s = scale / scale.mean()
    rows, mean = (x - x.mean(axis=0)) / x.std(axis=0), np.average(y, weights=s**2)
    gram = kernel.gram(rows, rows)
    jitter = noise * np.mean(np.diag(gram) * s**2)
    for i in range(30):
        rest = np.arange(30) != i
        system = s[rest, None] * gram[np.ix_(rest, rest)] * s[rest] + jitter * np.eye(29)
        guess = mean + gram[i, rest] @ (s[rest] * np.linalg.solve(system, s[rest] * (y - mean)[rest]))
        assert guesses[i] == pytest.approx(guess, rel=1e-8)


def test_more_rows_than_it_can_afford_are_guessed_without_having_been_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_ROWS", 50)
    x, y = curved(200, seed=3)
    changed = y.copy()
    regressor = GaussianProcessRegressor(seed=4)
    guesses = regressor.fit(x, y, np.ones(200))
    rest = np.random.default_rng(4).permutation(200)[50:]
    changed[rest] += 100
    again = GaussianProcessRegressor(seed=4).fit(x, changed, np.ones(200))
    np.testing.assert_array_equal(again[rest], guesses[rest])
    assert np.abs(guesses - y).mean() < 0.3
