"""SNIP against softmax regression worked out by hand."""

import pytest
from torch import nn

from hwnas.scores.snip import snip
from tests.scores.examples import batch, gradient_of_softmax_regression


def test_of_one_layer_it_is_the_sum_of_weight_times_gradient() -> None:
    layer = nn.Linear(8, 4)
    expected = float((layer.weight.detach() * gradient_of_softmax_regression(layer)).abs().sum())
    assert snip(layer, *batch()) == pytest.approx(expected, rel=1e-4)


def test_norms_biases_and_layers_that_are_not_used_count_nothing() -> None:
    layer = nn.Linear(8, 4)
    network = nn.Sequential(layer)
    network.unused = nn.ModuleList([nn.Linear(3, 3)])
    network.forward = layer.forward  # type: ignore[method-assign]
    assert snip(network, *batch()) == pytest.approx(snip(layer, *batch()), rel=1e-6)
