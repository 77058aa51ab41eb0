import math

import pytest
import torch

from hwnas.training._divergence import fault_of_loss, fault_of_update


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_is_named(loss: float) -> None:
    assert fault_of_loss("smallest", loss) == f"the loss of the smallest sub-network is {loss}"
    assert fault_of_loss("smallest", 1e300) == ""


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_one_updated_value_that_is_not_finite_is_found_among_many(value: float) -> None:
    good, bad = torch.full((3, 3), 1e30), torch.zeros(1000)
    for tensor in (good, bad):
        tensor.requires_grad_().grad = torch.zeros_like(tensor)
    assert fault_of_update([good, bad]) == ""
    bad.data[731] = value
    assert "not finite" in fault_of_update([good, bad])
    bad.grad = None  # not of this update
    assert fault_of_update([good, bad]) == ""
