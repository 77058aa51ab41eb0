import numpy as np
import pytest

from hwnas.predictors.ridge import RidgeRegressor


def weighted_ridge(x: np.ndarray, y: np.ndarray, scale: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    """By the normal equations, the intercept not penalised."""
    design = np.concatenate([np.ones((len(x), 1)), x], axis=1) * scale[:, None]
    bars = penalty * np.diag([0.0, *np.ones(x.shape[1])])
    solution = np.linalg.solve(design.T @ design + bars, design.T @ (scale * y))
    return solution[1:], float(solution[0])


@pytest.mark.parametrize("rows", [15, 60])
def test_left_out_guesses_are_those_of_refits_without_each_row(rows: int) -> None:
    rng = np.random.default_rng(0)
    x, scale = rng.normal(size=(rows, 5)), rng.uniform(0.3, 3, rows)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = 4 + x @ rng.normal(size=5) + rng.normal(size=rows)
    regressor = RidgeRegressor()
    guesses = regressor.fit(x, y, scale)
    # The penalty found is the one whose refit on all rows gives the same prediction.
    weights = scale**2 / np.sum(scale**2)
    largest = np.linalg.norm(scale[:, None] * (x - weights @ x), 2) ** 2
    found = [
        p
        for p in np.logspace(-8, 1, 46) * largest
        if np.allclose(x @ weighted_ridge(x, y, scale, p)[0] + weighted_ridge(x, y, scale, p)[1], regressor.predict(x))
    ]
    assert found
    for i in range(rows):
        rest = np.arange(rows) != i
        coefficients, intercept = weighted_ridge(x[rest], y[rest], scale[rest], found[0])
        assert guesses[i] == pytest.approx(x[i] @ coefficients + intercept, rel=1e-6)


def test_more_features_than_rows_are_learnt_without_repeating_the_noise() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(240, 60))
    y = x[:, :3] @ np.array([3.0, 2.0, 1.0]) + rng.normal(size=240)
    regressor = RidgeRegressor()
    regressor.fit(x[:40], y[:40], np.ones(40))
    assert np.mean(np.square(regressor.predict(x[40:]) - y[40:])) < 0.75 * np.var(y[40:])


def test_scaled_rows_bring_errors_down_where_the_scale_is_large() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(1, 10, size=(200, 1))
    y = x[:, 0] ** 1.5
    plain, relative = RidgeRegressor(), RidgeRegressor()
    plain.fit(x, y, np.ones(200))
    relative.fit(x, y, 1 / y)
    assert np.mean(np.abs(relative.predict(x) / y - 1)) < np.mean(np.abs(plain.predict(x) / y - 1))
