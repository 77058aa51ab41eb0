"""What a candidate adds to a front: areas of two costs by hand, shares of a box of three."""

import numpy as np
import pytest

from hwnas.strategies.qnehvi import _POINTS, Points, Strips


def test_two_costs_gain_the_area_between_the_staircase_and_the_candidate() -> None:
    strips = Strips(np.array([[[2.0, 1.0], [1.0, 2.0], [2.5, 2.5]]]), 3.0, np.random.default_rng(0))
    candidates = np.array([[[1.0, 1.0], [0.0, 0.0], [2.5, 2.5], [0.5, 2.5]]])
    assert strips.gains(candidates).tolist() == [[1.0, 6.0, 0.0, 0.25]]
    strips.add(np.array([[1.0, 1.0]]))
    assert strips.gains(candidates).tolist() == [[0.0, 5.0, 0.0, 0.25]]


def test_three_costs_gain_a_share_of_the_box_up_to_the_random_points() -> None:
    front = np.array([[[0.0, 2.0, 2.0], [2.0, 0.0, 2.0], [2.0, 2.0, 0.0]]])  # dominates half of a box of 4 x 4 x 4
    points = Points(front, 4.0, np.random.default_rng(0))
    far_off = 4 * np.sqrt(0.25 / _POINTS)  # standard deviations of a share
    candidates = np.array([[[0.0, 0.0, 0.0], [2.0, 2.0, 2.0], [0.0, 0.0, 2.0]]])
    assert points.gains(candidates)[0] == pytest.approx([1 / 2, 0, 1 / 8], abs=far_off)
    points.add(np.array([[0.0, 0.0, 2.0]]))
    assert points.gains(candidates)[0] == pytest.approx([3 / 8, 0, 0], abs=far_off)
    assert points.gains(candidates)[0][1:].tolist() == [0, 0]
