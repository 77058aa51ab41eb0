"""Warps of costs: order is kept, they can be undone, and expectations are those of draws."""

from collections.abc import Callable

import numpy as np
import pytest

from hwnas.contracts.arrays import FloatArray
from hwnas.surrogates.prior.warping import WARPS, Warp, logarithmic, softened

COSTS = np.array([-94.0, -93.0, -92.0, -91.0, -90.0, -10.0])
each = pytest.mark.parametrize("make", WARPS)


@each
def test_order_is_kept_and_the_costs_come_back(make: Callable[[FloatArray], Warp]) -> None:
    warp = make(COSTS)
    assert (np.diff(warp(COSTS)) > 0).all()
    assert warp.undone(warp(COSTS)) == pytest.approx(COSTS)


@each
def test_the_slope_is_the_derivative(make: Callable[[FloatArray], Warp]) -> None:
    warp = make(COSTS)
    slope = (warp(COSTS + 1e-5) - warp(COSTS - 1e-5)) / 2e-5
    assert warp.log_slope(COSTS) == pytest.approx(float(np.log(slope).sum()), abs=1e-5)


@each
def test_expected_distances_are_the_means_of_draws(make: Callable[[FloatArray], Warp]) -> None:
    warp = make(COSTS)
    mean, spread = warp(np.array([-93.5, -92.5])), np.array([0.3, 0.1])
    targets = np.array([-95.0, -93.6, -93.0, -91.0])
    drawn = warp.undone(mean + spread * np.random.default_rng(0).standard_normal((200_000, 2)))
    expected = np.maximum(targets[:, None, None] - drawn, 0.0).mean(axis=1).T
    assert warp.below(targets, mean, spread) == pytest.approx(expected, abs=0.005)


def test_softened_costs_are_as_they_were_where_they_matter() -> None:
    warp = softened(COSTS)
    assert (warp(COSTS)[:-1] == COSTS[:-1]).all()
    assert warp(COSTS)[-1] < -50


def test_logarithms_make_steps_near_the_best_count_most() -> None:
    steps = np.diff(logarithmic(0.25)(COSTS)(COSTS)[:5])
    assert (np.diff(steps) < 0).all()


@each
def test_costs_that_are_all_equal_are_no_trouble(make: Callable[[FloatArray], Warp]) -> None:
    costs = np.full(4, 3.0)
    assert make(costs).undone(make(costs)(costs)) == pytest.approx(costs)
