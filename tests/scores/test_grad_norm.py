"""The gradient norm against softmax regression worked out by hand."""

import pytest
import torch
from torch import nn

from hwnas.scores.grad_norm import grad_norm
from tests.scores.examples import batch, gradient_of_softmax_regression


def test_of_one_layer_it_is_the_norm_of_its_gradient() -> None:
    layer = nn.Linear(8, 4)
    expected = float(gradient_of_softmax_regression(layer).norm())
    assert grad_norm(layer, *batch()) == pytest.approx(expected, rel=1e-4)


def test_norms_of_layers_are_added_and_the_network_is_left_as_it_was() -> None:
    first, second = nn.Linear(8, 8, bias=False), nn.Linear(8, 4)
    with torch.no_grad():
        first.weight.copy_(torch.eye(8))
    x, y = batch()
    alone = grad_norm(second, x, y)
    error = (second(x).softmax(1) - nn.functional.one_hot(y, 4)).detach()
    through = float(((error @ second.weight.detach()).T @ x / len(x)).norm())
    assert grad_norm(nn.Sequential(first, second), x, y) == pytest.approx(alone + through, rel=1e-4)
    assert first.weight.grad is None
