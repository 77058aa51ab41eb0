"""Each score against what can be worked out by hand."""

import math

import pytest
import torch
from torch import Tensor, nn

from hwnas.scores.grad_norm import grad_norm
from hwnas.scores.naswot import naswot
from hwnas.scores.nlc import nlc, nonlinearity_coefficient
from hwnas.scores.snip import snip
from hwnas.scores.synflow import synflow
from hwnas.scores.zen import STEP, zen


def batch(n: int = 64, f: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(n, f, generator=generator), torch.arange(n) % 4


def perceptron(depth: int, activation: type[nn.Module], width: int = 64) -> nn.Sequential:
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for i in range(depth):
        layer = nn.Linear(width, width, bias=False)
        nn.init.normal_(layer.weight, std=math.sqrt((2.0 if activation is nn.ReLU else 1.0) / width))
        layers += [layer, activation()] if i + 1 < depth else [layer]
    return nn.Sequential(*layers)


def test_synflow_of_linear_layers_is_their_number_times_the_flow() -> None:
    torch.manual_seed(0)
    first, second = nn.Linear(8, 5, bias=False), nn.Linear(5, 4, bias=False)
    flow = float((second.weight.double().abs() @ first.weight.double().abs()).sum())
    assert synflow(nn.Sequential(first, nn.BatchNorm1d(5), second), *batch()) == pytest.approx(math.log(2 * flow))


def test_synflow_of_a_severed_network_is_minus_infinity() -> None:
    layer = nn.Linear(8, 4, bias=False)
    nn.init.zeros_(layer.weight)
    assert synflow(layer, *batch()) == -math.inf


def test_snip_and_gradient_norm_of_one_layer_are_those_of_softmax_regression() -> None:
    layer, (x, y) = nn.Linear(8, 4), batch()
    with torch.no_grad():
        error = layer(x).softmax(1) - nn.functional.one_hot(y, 4)
        gradient = error.T @ x / len(x)
        assert snip(layer, x, y) == pytest.approx(float((layer.weight * gradient).abs().sum()), rel=1e-4)
        assert grad_norm(layer, x, y) == pytest.approx(float(gradient.norm()), rel=1e-4)


def test_naswot_is_the_log_determinant_of_how_often_codes_agree() -> None:
    x = torch.tensor([[1.0, 1.0, -1.0], [-1.0, 1.0, 1.0], [1.0, -1.0, 1.0]])
    agree = torch.tensor([[3.0, 1, 1], [1, 3, 1], [1, 1, 3]])
    assert naswot(nn.Sequential(nn.ReLU()), x, torch.zeros(3)) == pytest.approx(float(torch.logdet(agree)), rel=1e-6)
    assert naswot(nn.Sequential(nn.ReLU()), x[[0, 0, 1]], torch.zeros(3)) == -math.inf


def test_zen_of_one_convolution_is_the_mean_size_of_a_gaussian() -> None:
    convolution = nn.Conv2d(16, 64, 1, bias=False)
    expected = math.log(STEP * math.sqrt(16) * math.sqrt(2 / math.pi))
    assert zen(convolution, torch.zeros(1, 16, 6, 6), torch.zeros(1)) == pytest.approx(expected, abs=0.05)


def test_zen_does_not_forget_what_batch_norm_takes_out() -> None:
    convolution = nn.Conv2d(16, 64, 1, bias=False)
    plain = zen(convolution, torch.zeros(1, 16, 6, 6), torch.zeros(1))
    normed = zen(nn.Sequential(convolution, nn.BatchNorm2d(64)), torch.zeros(1, 16, 6, 6), torch.zeros(1))
    assert normed == pytest.approx(plain, abs=0.05)


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
