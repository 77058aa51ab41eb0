"""Shares of a prior are those that make what was measured most likely."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from hwnas.contracts.arrays import FloatArray
from hwnas.surrogates.prior.evidence import _some, weigh

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))
GRAMS = np.stack([np.outer(x, x) / np.mean(x**2) for x in X.T])
TARGET = X[:, 0] / X[:, 0].std() + 0.1 * RNG.normal(size=40)


def density(shares: FloatArray) -> float:
    """Log density of the target, but for its constant, with a wide prior about 0.1, 0.1 and 0.01."""
    covariance = np.tensordot(shares[:-1], GRAMS, 1) + (shares[-1] + 1e-6) * np.eye(40)
    away = np.log(shares / [0.1, 0.1, 0.01]) / 3
    likely = float(multivariate_normal(np.zeros(40), covariance).logpdf(TARGET)) + 20 * np.log(2 * np.pi)
    return likely - 0.5 * float(away @ away)


def test_the_density_is_that_of_its_shares_and_no_others_near_are_likelier() -> None:
    shares, found = weigh(GRAMS, TARGET, [1, 1])
    assert found == pytest.approx(density(shares), rel=1e-6)
    for i in range(3):
        for factor in (0.8, 1.25):
            assert density(shares * np.where(np.arange(3) == i, factor, 1.0)) < found + 1e-6


def test_a_part_that_tells_everything_has_all_and_one_that_tells_nothing_hardly_any() -> None:
    (tells, other, noise), _ = weigh(GRAMS, TARGET, [1, 1])
    assert tells > 0.3
    assert other < 0.05 * tells
    assert noise == pytest.approx(0.01, rel=0.6)


@pytest.mark.parametrize(("n", "most", "rows"), [(3, 5, [0, 1, 2]), (9, 3, [0, 4, 8]), (1, 4, [0])])
def test_of_many_rows_some_are_taken_evenly(n: int, most: int, rows: list[int]) -> None:
    assert _some(n, most).tolist() == rows
