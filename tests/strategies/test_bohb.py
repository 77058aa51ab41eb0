"""What is particular to BOHB, by hand; how it climbs is in `_fidelities/test_ladder.py`."""

import numpy as np
import pytest

from hwnas.strategies.bohb import Density


def test_a_kernel_is_as_wide_as_the_normal_reference_rule_says_and_spreads_that_over_the_other_options() -> None:
    density = Density(np.array([[0], [0], [1]]), np.array([3]))
    width = 1.06 * np.sqrt(2 / 9) * 3 ** (-1 / 5)  # of three genomes of one gene
    assert density.bandwidth == pytest.approx([width])
    told = np.exp(density.log_density(np.array([[0], [1], [2]])))
    assert told == pytest.approx([(2 * (1 - width) + width / 2) / 3, (1 - width + width) / 3, width / 2])
    assert told.sum() == pytest.approx(1)
