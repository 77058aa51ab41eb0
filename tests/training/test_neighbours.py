import pytest
import torch
from torch import nn

from hwnas.training._neighbours import neighbours_right, penultimate


def test_features_are_what_goes_into_the_last_linear_layer() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    x = torch.randn(5, 2, 2)
    assert torch.equal(penultimate(network, (x,)), network[:3](x))
    assert penultimate(nn.Conv2d(1, 2, 1), (torch.randn(5, 1, 2, 2),)).shape == (5, 8)


def test_features_that_tell_classes_apart_are_right_and_others_by_chance() -> None:
    torch.manual_seed(0)
    labels = torch.randint(0, 2, (300,))
    apart = 5.0 * labels[:, None] + torch.randn(300, 3)
    assert neighbours_right(apart, labels) == pytest.approx(1.0, abs=0.02)
    assert neighbours_right(torch.randn(300, 3), labels) == pytest.approx(0.5, abs=0.15)


def test_labels_need_not_begin_at_zero() -> None:
    labels = torch.tensor([7, 9] * 30)
    assert neighbours_right(labels[:, None].float(), labels) == 1.0
