from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.predictors import load
from hwnas.predictors._regressor import Standard
from hwnas.predictors._views import everything
from hwnas.predictors.transfer import Prior, TransferRegressor, transfer, transfer_timings

FEATURES = 8


def devices(n: int, seed: int) -> list[np.ndarray]:
    """Costs of devices that stray from one another in two ways only."""
    rng = np.random.default_rng(seed)
    common, ways = rng.uniform(1, 2, FEATURES), rng.normal(size=(2, FEATURES)) * 0.5
    return [np.exp(rng.normal()) * (common + rng.normal(size=2) @ ways) for _ in range(n)]


def table(costs: np.ndarray, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 4, size=(n, FEATURES)).astype(np.float64)
    return rows, (rows @ costs + 5 * costs.mean()) * (1 + 0.01 * rng.normal(size=n))


def test_ten_timings_and_other_devices_do_what_ten_alone_cannot() -> None:
    *known, new = devices(6, seed=0)
    sources = [table(costs, 100, seed=i) for i, costs in enumerate(known)]
    pool, latency = table(new, 200, seed=20)
    ten = transfer_timings(sources, pool, 10)
    fresh, truth = table(new, 300, seed=30)
    errors = []
    for helped in (sources, ()):
        predictor = transfer(helped, relative=True, confidence=0.9)
        predictor.fit(pool[ten], latency[ten])
        errors.append(np.abs(predictor.predict(fresh).mean / truth - 1).mean())
    assert errors[0] < 0.02
    assert errors[0] < 0.4 * errors[1]


def test_a_device_a_thousand_times_slower_is_no_harder() -> None:
    *known, new = devices(6, seed=1)
    sources = [table(costs, 100, seed=i) for i, costs in enumerate(known)]
    rows, latency = table(new, 10, seed=40)
    guesses = []
    for times in (1.0, 1000.0):
        predictor = transfer(sources, relative=True, confidence=0.9)
        predictor.fit(rows, times * latency)
        guesses.append(predictor.predict(rows).mean / times)
    np.testing.assert_allclose(guesses[0], guesses[1], rtol=1e-9)


def test_left_out_guesses_do_not_know_their_row() -> None:
    *known, new = devices(5, seed=2)
    sources = [table(costs, 60, seed=i) for i, costs in enumerate(known)]
    rows, latency = table(new, 12, seed=41)
    predictor = transfer(sources, relative=True, confidence=0.9)
    predictor.fit(rows, latency)
    assert 0 < predictor.fitted.width < 0.2


def test_what_was_learnt_is_read_back(tmp_path: Path) -> None:
    *known, new = devices(4, seed=3)
    predictor = transfer([table(costs, 50, seed=i) for i, costs in enumerate(known)], relative=True, confidence=0.9)
    rows, latency = table(new, 10, seed=42)
    predictor.fit(rows, latency)
    predictor.save(tmp_path)
    np.testing.assert_allclose(load(tmp_path).predict(rows).mean, predictor.predict(rows).mean, rtol=1e-9)
    assert predictor.card.model == "transfer"


def test_sources_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(InputError, match="same features"):
        transfer([(np.ones((30, 3)), np.ones(30)), (np.ones((30, 4)), np.ones(30))])
    with pytest.raises(InputError, match="at least one table"):
        transfer_timings([], np.ones((5, 3)), 2)


def test_left_out_guesses_are_those_of_a_fit_without_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the variances found; here there is one set of them."""
    for name, value in (("_STRAY", (1.0,)), ("_UNSEEN", (0.1,)), ("_NOISE", (0.05,))):
        monkeypatch.setattr(f"hwnas.predictors.transfer.{name}", value)
    prior = Prior(everything(2), Standard(np.zeros(2), np.ones(2)), np.array([1.0, 0.0, 0.0]), np.eye(3) * 0.3)
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.5], [0.5, -1.0], [1.0, 1.0], [-1.0, -1.0], [2.0, 1.0]])
    target = np.array([2.0, 2.0, 2.0, 2.3, 1.7, 2.2, 1.9])  # whichever is left out, 2 is the median
    scale = 1 / target
    found = TransferRegressor(prior=prior).fit(rows, target, scale)
    for i in range(len(rows)):
        rest = np.delete(np.arange(len(rows)), i)
        regressor = TransferRegressor(prior=prior)
        regressor.fit(rows[rest], target[rest], scale[rest])
        assert found[i] == pytest.approx(regressor.predict(rows[i : i + 1])[0], rel=1e-9)
