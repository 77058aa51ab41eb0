"""What importance says of single weights, by hand."""

import pytest
import torch
from torch import nn

from hwnas.elasticity._importance import _carried, _scores, orders

IMAGES = torch.tensor([[[[1.0]], [[1.0]]], [[[2.0]], [[0.0]]]])  # two examples of two channels: squares 5 and 1


def carried(layer: nn.Module, inputs: torch.Tensor) -> tuple[torch.Tensor, int]:
    """Of the weight of one layer: its importance, and along which dimension it reads."""
    network = nn.Sequential(layer)
    weights = {name: p.detach() for name, p in network.named_parameters()}
    scores, dims = _carried(network, weights, [(inputs, torch.zeros(len(inputs)))])
    return scores["0.weight"], dims["0.weight"]


def of(layer: nn.Module, values: list[float]) -> nn.Module:
    with torch.no_grad():
        layer.weight[:] = torch.tensor(values).reshape(layer.weight.shape)  # type: ignore[operator, union-attr]
    return layer


def test_a_linear_layer_counts_each_weight_squared_times_the_squares_that_it_reads() -> None:
    found, dim = carried(of(nn.Linear(2, 1, bias=False), [3.0, 4.0]), IMAGES.flatten(1))
    assert (found * 61 / 2).tolist() == [[pytest.approx(9 * 5), pytest.approx(16 * 1)]]  # after a mean of 30.5
    assert dim == 1


class ByName(nn.Module):
    """Calls its layer by the name of what that takes."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = of(nn.Linear(2, 1, bias=False), [3.0, 4.0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.layer(input=x)
        return out


def test_a_layer_that_is_called_by_name_is_counted_alike() -> None:
    network, x = ByName(), IMAGES.flatten(1)
    scores, _ = _carried(network, {"layer.weight": network.layer.weight.detach()}, [(x, torch.zeros(2))])  # type: ignore[dict-item]
    assert torch.equal(scores["layer.weight"], carried(network.layer, x)[0])


def test_a_convolution_counts_along_its_input_and_a_depthwise_one_along_its_channels() -> None:
    found, dim = carried(of(nn.Conv2d(2, 2, 1, bias=False), [1.0, 2.0, 3.0, 4.0]), IMAGES)
    assert (found * 70 / 4).flatten().tolist() == [pytest.approx(x) for x in (1 * 5, 4 * 1, 9 * 5, 16 * 1)]
    assert dim == 1
    found, dim = carried(of(nn.Conv2d(2, 2, 1, groups=2, bias=False), [3.0, 4.0]), IMAGES)
    assert (found * 61 / 2).flatten().tolist() == [pytest.approx(9 * 5), pytest.approx(16 * 1)]
    assert dim == 0


def test_where_groups_read_channels_of_their_own_all_count_as_their_mean() -> None:
    four = torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1, 1)  # squares 1, 4, 9, 16: 7.5 on average
    found, _ = carried(of(nn.Conv2d(4, 2, 1, groups=2, bias=False), [1.0, 1.0, 1.0, 3.0]), four)
    assert (found * 3).flatten().tolist() == [1.0, 1.0, 1.0, 9.0]


def test_by_size_every_tensor_has_a_mean_square_of_one() -> None:
    scores, along = _scores(of(nn.Linear(2, 1, bias=False), [3.0, 4.0]), "l2", None, None)
    assert scores["weight"].tolist() == [[pytest.approx(9 / 12.5), pytest.approx(16 / 12.5)]]
    assert along == {}


def test_by_the_loss_a_weight_counts_as_the_square_of_itself_times_its_gradient() -> None:
    layer = of(nn.Linear(2, 1, bias=False), [3.0, 4.0])
    batches = [(torch.tensor([[1.0, 2.0]]), torch.tensor(0.0)), (torch.tensor([[0.0, 1.0]]), torch.tensor(0.0))]
    scores, _ = _scores(layer, "taylor", batches, lambda out, _: out.sum())  # type: ignore[attr-defined]
    assert scores["weight"].tolist() == [[(3 * 1) ** 2, (4 * 2) ** 2 + (4 * 1) ** 2]]


def test_entries_are_ordered_by_all_weights_that_belong_to_them_and_equal_ones_stay() -> None:
    layer = of(nn.Linear(2, 3, bias=False), [1.0, 1.0, 3.0, 0.0, 1.0, 1.0])
    trees = {"weight": ("out", 2)}
    assert orders(layer, trees, {"out": 3}, ["out"]) == {"out": [1, 0, 2]}  # type: ignore[arg-type]
