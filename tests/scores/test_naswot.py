"""NASWOT against a determinant worked out by hand."""

import math

import pytest
import torch
from torch import nn

from hwnas.scores.naswot import naswot


def test_naswot_is_the_log_determinant_of_how_often_codes_agree() -> None:
    x = torch.tensor([[1.0, 1.0, -1.0], [-1.0, 1.0, 1.0], [1.0, -1.0, 1.0]])
    agree = torch.tensor([[3.0, 1, 1], [1, 3, 1], [1, 1, 3]])
    assert naswot(nn.Sequential(nn.ReLU()), x, torch.zeros(3)) == pytest.approx(float(torch.logdet(agree)), rel=1e-6)
    assert naswot(nn.Sequential(nn.ReLU()), x[[0, 0, 1]], torch.zeros(3)) == -math.inf
