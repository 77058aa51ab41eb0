"""The nonlinearity coefficient of networks that are affine, of steps, and deeper and deeper."""

import math

import pytest
import torch
from torch import Tensor, nn

from hwnas.scores.nlc import nlc, nonlinearity_coefficient
from tests.scores.examples import batch


def perceptron(depth: int, activation: type[nn.Module], width: int = 64) -> nn.Sequential:
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for i in range(depth):
        layer = nn.Linear(width, width, bias=False)
        nn.init.normal_(layer.weight, std=math.sqrt((2.0 if activation is nn.ReLU else 1.0) / width))
        layers += [layer, activation()] if i + 1 < depth else [layer]
    return nn.Sequential(*layers)


@pytest.mark.parametrize("shape", [(8,), (3, 6, 6)])
def test_the_nonlinearity_coefficient_of_an_affine_network_is_one(shape: tuple[int, ...]) -> None:
    x = torch.randn(40, *shape, generator=torch.Generator().manual_seed(2)) * 3 + 1
    affine = (
        nn.Linear(8, 5) if len(shape) == 1 else nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.AvgPool2d(2))
    )
    assert nonlinearity_coefficient(affine, x, rounds=1) == pytest.approx(1, abs=1e-9)


def test_the_nonlinearity_coefficient_does_not_see_scale_and_shift_of_the_output() -> None:
    network, (x, _) = perceptron(4, nn.Tanh, 8), batch()
    last = nn.Linear(8, 8)
    with torch.no_grad():
        last.weight.copy_(7 * torch.eye(8))
    scaled = nn.Sequential(network, last)
    assert nonlinearity_coefficient(scaled, x) == pytest.approx(nonlinearity_coefficient(network, x), rel=1e-6)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh])
def test_the_nonlinearity_coefficient_grows_with_depth(activation: type[nn.Module]) -> None:
    x, _ = batch(512, 64)
    found = [nonlinearity_coefficient(perceptron(depth, activation), x) for depth in (2, 5, 20)]
    assert 1.05 < found[0] < found[1] < found[2] < 6


def test_a_network_of_steps_moves_nowhere_and_is_infinitely_far_from_the_band() -> None:
    class Steps(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.sign()

    x = torch.randn(16, 8, generator=torch.Generator().manual_seed(0))
    assert nonlinearity_coefficient(Steps(), x) == 0
    assert nlc(Steps(), x, torch.zeros(16, dtype=torch.int64)) == -math.inf


def test_closeness_to_the_band_is_best_at_its_middle() -> None:
    x, y = batch()
    assert nlc(nn.Linear(8, 4), x, y) == pytest.approx(-math.log(2), abs=1e-6)
    constant = nn.Linear(8, 4)
    nn.init.zeros_(constant.weight)
    assert nlc(constant, x, y) == -math.inf
