"""Front quality against Monte Carlo and definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.searches.indicators import hypervolume, igd_plus
from hwnas.surrogates.pickers.predicted_gain import greedy_hypervolume

IDEAL, NADIR = np.array([1.0, 10.0]), np.array([3.0, 50.0])


@pytest.mark.parametrize("m", [2, 3, 4])
def test_hypervolume_is_the_share_of_random_points_that_are_dominated(m: int) -> None:
    rng = np.random.default_rng(m)
    costs = rng.random((12, m)) * 1.3
    draws = rng.random((200_000, m)) * 1.1
    share = (costs[None, :, :] <= draws[:, None, :]).all(axis=2).any(axis=1).mean()
    assert hypervolume(costs, np.zeros(m), np.ones(m), margin=0.1) == pytest.approx(share, abs=0.006)


@given(st.integers(0, 2**32 - 1))
def test_hypervolume_grows_with_points_and_ignores_repeats(seed: int) -> None:
    costs = np.random.default_rng(seed).random((8, 2)) * (NADIR - IDEAL) + IDEAL
    whole = hypervolume(costs, IDEAL, NADIR)
    assert hypervolume(costs[:-1], IDEAL, NADIR) <= whole + 1e-12
    assert hypervolume(np.concatenate([costs, costs[:3], costs + 1e-3]), IDEAL, NADIR) == pytest.approx(whole)


def test_hypervolume_is_one_at_the_ideal_and_nothing_beyond_the_nadir() -> None:
    assert hypervolume(IDEAL[None], IDEAL, NADIR) == 1.0
    assert hypervolume(IDEAL[None] - 1, IDEAL, NADIR) == 1.0
    assert hypervolume(NADIR[None] + 1, IDEAL, NADIR) == 0.0
    assert hypervolume(np.empty((0, 2)), IDEAL, NADIR) == 0.0


def test_igd_plus_counts_only_the_shortfall() -> None:
    front = np.array([[1.0, 50.0], [3.0, 10.0]])
    assert igd_plus(front, front, IDEAL, NADIR) == 0.0
    assert igd_plus(front - 0.1, front, IDEAL, NADIR) == 0.0
    assert igd_plus(front + np.array([1.0, 0.0]), front, IDEAL, NADIR) == pytest.approx(0.5)


@pytest.mark.parametrize("m", [2, 3])
def test_greedy_picks_are_those_of_looking_at_every_candidate_every_time(m: int) -> None:
    rng = np.random.default_rng(m)
    front, candidates, reference = rng.random((4, m)) * 0.5 + 0.5, rng.random((60, m)), np.full(m, 1.1)
    points, expected = front, []
    for _ in range(5):
        volumes = [hypervolume(np.vstack([points, c]), np.zeros(m), reference) for c in candidates]
        expected.append(int(np.argmax(volumes)))
        points = np.vstack([points, candidates[expected[-1]]])
    assert greedy_hypervolume(front, candidates, reference, 5) == expected


def test_candidates_that_add_nothing_are_not_picked() -> None:
    front = np.array([[0.2, 0.2]])
    assert greedy_hypervolume(front, np.array([[0.5, 0.5], [0.1, 0.9], [0.2, 0.2]]), np.ones(2), 5) == [1]
    assert greedy_hypervolume(np.empty((0, 2)), np.array([[0.5, 0.5]]), np.ones(2), 5) == [0]


def test_hypervolume_by_hand() -> None:
    """Two steps in a box of 2 by 40: at (2, 20) and (1.5, 30), so (0.5, 0.25) and (0.25, 0.5) of it."""
    costs = np.array([[2.0, 20.0], [1.5, 30.0]])
    assert hypervolume(costs, IDEAL, NADIR) == pytest.approx(0.5 * 0.75 + 0.25 * 0.5)
    with_margin = (1.1 - 0.5) * (1.1 - 0.25) + (0.5 - 0.25) * (1.1 - 0.5)
    assert hypervolume(costs, IDEAL, NADIR, margin=0.1) == pytest.approx(with_margin / 1.1**2)


def test_igd_plus_by_hand() -> None:
    front = np.array([[1.0, 50.0], [2.0, 30.0], [3.0, 10.0]])
    reached = np.array([[2.0, 30.0]])  # 0.5 short of the first, at the second, 0.5 short of the third
    assert igd_plus(reached, front, IDEAL, NADIR) == pytest.approx((0.5 + 0.0 + 0.5) / 3)
