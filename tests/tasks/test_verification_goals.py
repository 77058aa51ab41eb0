"""The equal error rate, against scikit-learn's curve."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from sklearn.metrics import roc_curve

from hwnas.contracts.errors import InputError
from hwnas.tasks._goals import GOALS
from hwnas.tasks._verification_goals import equal_error_rate


@pytest.mark.parametrize("seed", range(8))
def test_it_is_where_the_curve_of_both_errors_has_them_equal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    same = rng.random(200) < 0.3
    sure = rng.normal(size=200) + 1.2 * same
    if seed % 2:
        sure = sure.round(1)  # ties, which no threshold divides
    accepted, kept, _ = roc_curve(same, sure, drop_intermediate=False)
    expected = brentq(lambda x: 1 - x - np.interp(x, accepted, kept), 0, 1)
    assert equal_error_rate(np.stack([sure, same], axis=1)) == pytest.approx(expected, abs=1e-9)


def test_by_hand() -> None:
    assert equal_error_rate(np.array([[2.0, 1], [1.0, 0]])) == 0
    assert equal_error_rate(np.array([[1.0, 1], [2.0, 0]])) == 1
    assert equal_error_rate(np.array([[1.0, 1], [1.0, 0]])) == 0.5
    assert np.isnan(equal_error_rate(np.array([[1.0, 1], [2.0, 1]])))


def test_outputs_with_and_without_a_dimension_of_one_are_the_same() -> None:
    goal, labels = GOALS["equal_error_rate"], torch.tensor([0, 1, 1])
    output = torch.tensor([0.1, 0.2, 0.3])
    assert torch.equal(goal.score(output[:, None], labels), goal.score(output, labels))
    with pytest.raises(InputError, match="labels of 0 and 1"):
        goal.score(output, labels * 2)
    with pytest.raises(InputError, match="as many figures"):
        goal.score(torch.zeros(3, 2), labels)
