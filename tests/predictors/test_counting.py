"""What a network has to do, counted by hand, per block and kind of operation."""

import torch
from torch import nn

from hwnas.predictors._counting import _count, count
from tests.small_spaces import small


class Small(nn.Module):
    """A stem, a depthwise and a pointwise convolution in a stage, and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.stages = nn.Sequential(nn.Conv2d(8, 8, 5, padding=2, groups=8, bias=False), nn.Conv2d(8, 4, 1, bias=False))
        self.head = nn.Linear(4, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.head(self.stages(self.stem(x)).mean((2, 3)))
        return features


def test_multiply_adds_parameters_and_operations_are_per_place_and_kind() -> None:
    with torch.no_grad():
        figures = _count(Small().eval(), [torch.zeros(1, 3, 6, 6)])
    assert figures["stem", "conv3_macs"] == 36 * 8 * 3 * 9
    assert figures["stages.0", "depthwise5_macs"] == 36 * 8 * 25
    assert figures["stages.1", "pointwise_macs"] == 36 * 8 * 4
    assert figures["head", "matmul_macs"] == 4 * 10
    assert figures["stem", "params"] == 8 * 3 * 9
    assert figures["head", "params"] == 50
    assert figures["stem", "operations"] == 1
    assert figures["stem", "bytes"] == 4 * (3 * 36 + 8 * 27 + 8 * 36)  # input, weight, output


def test_larger_networks_of_a_space_have_more_to_do() -> None:
    space = small("mobilenetv3")
    sizes = [
        sum(v for (_, kind), v in count(space, a).items() if kind.endswith("macs"))
        for a in (space.smallest, space.largest)
    ]
    assert 0 < sizes[0] < sizes[1]
