"""AGE-MOEA finds the front's own geometry and spreads its survivors by it."""

import numpy as np
import pytest

from hwnas.strategies.agemoea import exponent, spread_scores


@pytest.mark.parametrize("p", [0.5, 1.0, 2.0, 4.0])
def test_the_exponent_of_a_front_is_that_of_its_sphere(p: float) -> None:
    x = np.linspace(0, 1, 2001)
    assert exponent(np.stack([x, (1 - x**p) ** (1 / p)], axis=1)) == pytest.approx(p, rel=0.01)


def test_a_front_of_corners_only_counts_as_flat() -> None:
    assert exponent(np.array([[0.0, 1.0], [1.0, 0.0]])) == 1.0
    assert exponent(np.zeros((1, 1))) == 1.0


def test_corners_come_first_and_the_crowded_last() -> None:
    front = np.array([[0.0, 1.0], [0.5, 0.5], [0.52, 0.48], [0.25, 0.75], [1.0, 0.0]])
    score = spread_scores(front, 1.0)
    assert np.isinf(score[[0, 4]]).all()
    assert min(score[1], score[2]) == score.min()


def test_corners_that_are_not_at_the_ends_of_an_axis_count_as_flat_too() -> None:
    assert exponent(np.array([[0.2, 1.0], [1.0, 0.2]])) == 1.0


def test_the_exponent_is_kept_within_its_bounds() -> None:
    assert exponent(np.array([[0.0, 1.0], [0.99, 0.99], [1.0, 0.0]])) == 20.0
    assert exponent(np.array([[0.0, 1.0], [0.0005, 0.0005], [1.0, 0.0]])) == 0.1
    assert exponent(np.array([[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]])) == 1.0  # through the ideal: no sphere
