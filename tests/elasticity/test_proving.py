"""With which values networks are compared."""

import math

import pytest
import torch
from torch import Tensor, nn

from hwnas.elasticity._proving import _distance, drawn


class Shifted(nn.Module):
    """A layer and a normalisation, and tables of its own, one of them of whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 5)
        self.norm = nn.BatchNorm1d(5)
        self.register_buffer("table", torch.arange(20.0).reshape(4, 5))
        self.register_buffer("step", torch.tensor([0.5]))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm(self.layer(x @ self.table @ self.table.T * self.step))
        return out


def test_what_is_learnt_is_drawn_and_what_the_constructor_computes_stays() -> None:
    network = Shifted()
    values = drawn(network)
    assert values.keys() == network.state_dict().keys()
    for name in ("table", "step", "norm.num_batches_tracked"):
        assert torch.equal(values[name], network.state_dict()[name].to(values[name].dtype))
    for name in ("layer.weight", "layer.bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"):
        assert values[name].dtype == torch.float64
        assert values[name].unique().numel() == values[name].numel()
    assert ((values["norm.weight"] >= 0.5) & (values["norm.weight"] < 1.5)).all()
    assert ((values["norm.running_var"] >= 0.5) & (values["norm.running_var"] < 1.5)).all()
    assert all(torch.equal(value, drawn(Shifted())[name]) for name, value in values.items())


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_no_finite_number_is_like_nothing(odd: float) -> None:
    plain, other = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, odd, 3.0])
    assert _distance([plain], [plain]) == 0
    for one, two in ((plain, other), (other, plain), (other, other)):
        assert _distance([one], [two]) == _distance([plain, one], [plain, two]) == math.inf
