"""The Zen-score against Gaussians."""

import math

import pytest
import torch
from torch import nn

from hwnas.scores.zen import STEP, zen


def test_zen_of_one_convolution_is_the_mean_size_of_a_gaussian() -> None:
    convolution = nn.Conv2d(16, 64, 1, bias=False)
    expected = math.log(STEP * math.sqrt(16) * math.sqrt(2 / math.pi))
    assert zen(convolution, torch.zeros(1, 16, 6, 6), torch.zeros(1)) == pytest.approx(expected, abs=0.05)


def test_zen_does_not_forget_what_batch_norm_takes_out() -> None:
    convolution = nn.Conv2d(16, 64, 1, bias=False)
    plain = zen(convolution, torch.zeros(1, 16, 6, 6), torch.zeros(1))
    normed = zen(nn.Sequential(convolution, nn.BatchNorm2d(64)), torch.zeros(1, 16, 6, 6), torch.zeros(1))
    assert normed == pytest.approx(plain, abs=0.05)
