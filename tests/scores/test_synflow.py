"""SynFlow against the flow worked out by hand."""

import math

import pytest
import torch
from torch import nn

from hwnas.scores.synflow import synflow
from tests.scores.examples import batch


def test_synflow_of_linear_layers_is_their_number_times_the_flow() -> None:
    torch.manual_seed(0)
    first, second = nn.Linear(8, 5, bias=False), nn.Linear(5, 4, bias=False)
    flow = float((second.weight.detach().double().abs() @ first.weight.detach().double().abs()).sum())
    assert synflow(nn.Sequential(first, nn.BatchNorm1d(5), second), *batch()) == pytest.approx(math.log(2 * flow))


def test_synflow_of_a_severed_network_is_minus_infinity() -> None:
    layer = nn.Linear(8, 4, bias=False)
    nn.init.zeros_(layer.weight)
    assert synflow(layer, *batch()) == -math.inf
