import numpy as np
import pytest

from hwnas.surrogates.prior.effects import scales


def test_inputs_of_0_and_1_are_left_as_they_are_and_others_have_a_spread_of_1() -> None:
    rows = np.array([[0.0, -1.0, 2.0, 5.0], [1.0, 1.0, 6.0, 5.0], [0.0, -1.0, 2.0, 5.0], [1.0, 1.0, 6.0, 5.0]])
    assert scales(rows) == pytest.approx([1.0, 1.0, 0.5, 0.0])  # the third deviates by 2; the last never
    rare = np.array([[1.0], [0.0], [0.0], [0.0]])
    assert scales(rare) == pytest.approx([1.0])
