"""Integers as PyTorch computes them, by rounding."""

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.mixed import Ranges
from hwnas.spaces._mixed import LEAST_EXAMPLES, MixedPrecision


def examples(n: int = 64) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 6)).astype(np.float32)


def layer() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(6, 4)


def test_weights_and_inputs_are_rounded_to_as_many_steps_as_there_are_integers() -> None:
    own = MixedPrecision(nn.Sequential(layer()), ("0",), [examples()], "minmax")
    x = torch.from_numpy(examples())
    steps = own.float32[0].weight.abs().amax(dim=1, keepdim=True) / 64  # type: ignore[index]
    weights = (own.float32[0].weight / steps).round() * steps  # type: ignore[index]
    low, high = float(x.min()), float(x.max())
    step = (high - low) / 255
    zero = round(-low / step)
    rounded = ((x / step).round() + zero).clip(0, 255).sub(zero) * step
    wanted = nn.functional.linear(rounded, weights, own.float32[0].bias)  # type: ignore[index]
    torch.testing.assert_close(own(x), wanted)


def test_gradients_go_straight_through_to_the_float32_weights() -> None:
    net = nn.Sequential(layer())
    own = MixedPrecision(net, ("0",), [examples()], "minmax")
    own(torch.from_numpy(examples())).square().sum().backward()
    assert net[0].weight.grad is not None
    assert net[0].weight.grad.abs().min() > 0


def test_what_a_convolution_gives_is_rounded_behind_its_batch_norm_and_relu() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten()).eval()
    x = torch.randn(16, 2, 4, 4)
    out = MixedPrecision(net, ("0",), [x.numpy()], "minmax")(x)
    assert len(out.unique()) <= 256
    assert out.min() == 0
    assert len(net(x).unique()) > 256


@pytest.mark.parametrize("ranges", ["percentile", "entropy"])
def test_values_far_out_may_be_left_out_of_a_range(ranges: Ranges) -> None:
    x = np.random.default_rng(0).normal(size=(20_000, 6)).astype(np.float32)
    x[0, 0] = 1000.0
    net = nn.Sequential(layer())
    few = torch.from_numpy(x[1:200])
    errors = {
        how: (MixedPrecision(net, ("0",), [x], how)(few) - net(few)).abs().mean()  # type: ignore[arg-type]
        for how in ("minmax", ranges)
    }
    assert errors[ranges] < errors["minmax"] / 10


def test_too_few_examples_and_values_that_are_no_numbers_are_refused() -> None:
    net = nn.Sequential(layer())
    with pytest.raises(InputError, match=f"at least {LEAST_EXAMPLES} training examples, got 1; give the task more"):
        MixedPrecision(net, ("0",), [examples(1)], "minmax")
    bad = examples()
    bad[3, 2] = np.nan
    with pytest.raises(InputError, match="give layer '0' values that are no finite numbers"):
        MixedPrecision(net, ("0",), [bad], "minmax")(torch.from_numpy(examples()))
    broken = nn.Sequential(layer())
    with torch.no_grad():
        broken[0].weight[1, 2] = torch.nan
    with pytest.raises(InputError, match="Layer '0' has weights that are no finite numbers, so its integers have no"):
        MixedPrecision(broken, ("0",), [examples()], "minmax")(torch.from_numpy(examples()))
    with pytest.raises(InputError, match="needs calibration examples to compute anything"):
        MixedPrecision(net, ("0",), None, "minmax")(torch.from_numpy(examples()))
