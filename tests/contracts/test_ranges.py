"""Ranges that integers stand for."""

import numpy as np

from hwnas.contracts.ranges import histogram, most_told, widened, without_outermost


def far_out() -> np.ndarray:
    values = np.random.default_rng(0).normal(size=100_000)
    values[:3] = 50.0
    return values


def test_zero_is_in_every_range_and_what_is_no_number_stays_none() -> None:
    assert widened((0.0, 0.0), np.array([2.0, 3.0])) == (0.0, 3.0)
    assert widened((-1.0, 3.0), np.array([-2.0])) == (-2.0, 3.0)
    assert np.isnan(widened((0.0, 0.0), np.array([np.nan, 1.0]))[1])


def test_the_outermost_values_are_left_out() -> None:
    values = far_out()
    whole = widened((0.0, 0.0), values)
    low, high = without_outermost(histogram(values, whole), whole)
    assert whole[1] == 50
    assert 3 < high < 6
    assert -6 < low < -3


def test_the_range_that_tells_most_cuts_what_is_rare() -> None:
    values = np.random.default_rng(0).laplace(size=100_000)
    values[:3] = 40.0
    whole = widened((0.0, 0.0), values)
    low, high = most_told(histogram(values, whole), whole)
    assert whole[0] <= low < -3
    assert 3 < high < 35


def test_a_range_of_nothing_stays_that() -> None:
    empty = (0.0, 0.0)
    counts = histogram(np.zeros(10), empty)
    assert without_outermost(counts, empty) == empty
    assert most_told(counts, empty) == empty
