"""Normal distributions of warped costs, by hand."""

import numpy as np
import pytest

from hwnas.surrogates.prior.marginal import Marginal
from hwnas.surrogates.prior.warping import Logarithmic, Softened

HALF = 0.674489750196  # of a standard deviation: three quarters are below


def test_medians_widths_and_chances_of_unwarped_costs_are_those_of_the_normal_distribution() -> None:
    marginal = Marginal(Softened(), np.array([1.0, 3.0]), np.array([2.0, 0.5]))
    assert marginal.middle.tolist() == [1.0, 3.0]
    assert marginal.width.tolist() == [2.0, 0.5]
    assert marginal.chance(np.array([1.0, 1 + 2 * HALF]))[0] == pytest.approx([0.5, 0.75])


def test_warped_costs_have_the_median_of_the_distribution_and_the_width_in_costs() -> None:
    marginal = Marginal(Logarithmic(0.0, 1.0), np.log([4.0]), np.log([2.0]))
    assert marginal.middle == pytest.approx([4.0])
    assert marginal.width == pytest.approx([(8 - 2) / 2])
    assert marginal.chance(np.array([4.0, 8.0]))[0] == pytest.approx([0.5, 0.841345], abs=1e-6)


def test_what_is_known_has_no_width_and_a_chance_of_nothing_or_all() -> None:
    known = Marginal.exact(np.array([2.0, 5.0]))
    assert known.width.tolist() == [0.0, 0.0]
    assert known.chance(np.array([2.0, 3.0])) == pytest.approx(np.array([[1, 1], [0, 0]]), abs=0.16)
    assert known.below(np.array([6.0])) == pytest.approx(np.array([[4.0], [1.0]]))
    assert (known.draw(3, np.random.default_rng(0)) == [2.0, 5.0]).all()


def test_some_of_the_candidates_keep_their_beliefs() -> None:
    marginal = Marginal(Softened(), np.arange(4.0), np.arange(4.0) + 1).of(np.array([3, 1]))
    assert (marginal.mean.tolist(), marginal.spread.tolist()) == ([3.0, 1.0], [4.0, 2.0])


def test_draws_spread_as_they_should() -> None:
    drawn = Marginal(Softened(), np.array([1.0]), np.array([2.0])).draw(20_000, np.random.default_rng(0))
    assert drawn.shape == (20_000, 1)
    assert (drawn.mean(), drawn.std()) == (pytest.approx(1.0, abs=0.05), pytest.approx(2.0, abs=0.05))
