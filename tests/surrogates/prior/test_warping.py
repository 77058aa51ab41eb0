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


def test_softened_costs_by_hand() -> None:
    warp = softened(np.array([0.0, 1.0, 2.0, 3.0, 100.0]))  # best 0, median 2: twice 2 beyond the median
    assert (warp.limit, warp.reach) == (6.0, 4.0)
    assert warp(np.array([6.0, 10.0, 100.0])) == pytest.approx([6, 6 + 4 * np.log(2), 6 + 4 * np.log(24.5)])
    assert warp.log_slope(np.array([3.0, 10.0])) == pytest.approx(-np.log(2))


def test_logarithmic_costs_by_hand() -> None:
    warp = logarithmic(0.25)(np.array([2.0, 10.0, 18.0]))  # best 2, median 10: a quarter of 8 below the best
    assert (warp.origin, warp.reach) == (0.0, 2.0)
    assert warp(np.array([2.0, 10.0, -5.0])) == pytest.approx([np.log(2), np.log(10), np.log(0.002)])
    assert warp.log_slope(np.array([2.0, 10.0])) == pytest.approx(-np.log(20))


@pytest.mark.parametrize("make", [softened, logarithmic(0.5)])
def test_where_half_of_the_costs_are_the_best_the_reach_is_the_whole_range(
    make: Callable[[FloatArray], Warp],
) -> None:
    assert make(np.array([1.0, 1.0, 1.0, 4.0])).reach == 3.0  # type: ignore[attr-defined]


def test_the_expected_distance_below_a_target_by_hand() -> None:
    at_target = softened(COSTS).below(np.array([-93.0]), np.array([-93.0]), np.array([0.5]))
    assert at_target == pytest.approx(0.5 / np.sqrt(2 * np.pi))  # half of a normal distribution is below its mean
    warp = logarithmic(1.0)(np.array([1.0, 3.0]))
    sure = warp.below(np.array([3.0, 0.0]), warp(np.array([2.0])), np.array([1e-9]))
    assert sure == pytest.approx(np.array([[1.0, 0.0]]))  # 2 is 1 below 3; nothing is below the origin
