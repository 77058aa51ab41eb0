import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from hwnas.spaces._depthwise import DepthwiseConv2d

SHAPES = st.tuples(
    st.sampled_from([3, 5, 7]), st.sampled_from([1, 2]), st.integers(1, 9), st.integers(1, 9), st.integers(1, 5)
)


def pair(channels: int, kernel: int, stride: int) -> tuple[DepthwiseConv2d, nn.Conv2d]:
    ours = DepthwiseConv2d(channels, kernel, stride)
    theirs = nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def gradients(layer: nn.Conv2d, x: Tensor, upstream: Tensor) -> tuple[Tensor, Tensor]:
    x = x.clone().requires_grad_()
    out = layer(x)
    return torch.autograd.grad((out * upstream).sum(), (x, layer.weight))


@given(SHAPES, st.sampled_from([torch.contiguous_format, torch.channels_last]))
@settings(max_examples=60)
def test_output_and_gradients_are_those_of_an_ordinary_convolution(
    shape: tuple[int, int, int, int, int], layout: torch.memory_format
) -> None:
    kernel, stride, height, width, channels = shape
    ours, theirs = pair(channels, kernel, stride)
    x = torch.randn(2, channels, height, width).contiguous(memory_format=layout)
    assert torch.equal(ours(x), theirs(x))
    upstream = torch.randn_like(theirs(x))
    for ours_, theirs_ in zip(gradients(ours, x, upstream), gradients(theirs, x, upstream), strict=True):
        torch.testing.assert_close(ours_, theirs_, rtol=1e-4, atol=1e-4)


@given(SHAPES)
@settings(max_examples=30)
def test_evaluation_output_is_identical_to_an_ordinary_convolution(shape: tuple[int, int, int, int, int]) -> None:
    kernel, stride, height, width, channels = shape
    ours, theirs = pair(channels, kernel, stride)
    x = torch.randn(2, channels, height, width)
    assert torch.equal(ours.eval()(x), theirs.eval()(x))


@pytest.mark.parametrize("frozen", ["input", "weight"])
def test_a_frozen_input_or_kernel_costs_no_gradient_and_changes_no_other(frozen: str) -> None:
    ours, theirs = pair(4, 5, 1)
    ours.train()
    x = torch.randn(2, 4, 6, 6)
    of = []
    for layer in (ours, theirs):
        own = x.clone().requires_grad_(frozen != "input")
        layer.weight.requires_grad_(frozen != "weight")
        layer(own).square().sum().backward()
        of.append(layer.weight.grad if frozen == "input" else own.grad)
        assert (own.grad if frozen == "input" else layer.weight.grad) is None
    torch.testing.assert_close(of[0], of[1])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_in_mixed_precision_it_is_an_ordinary_convolution(dtype: torch.dtype) -> None:
    ours, theirs = pair(4, 5, 1)
    x = torch.randn(2, 4, 6, 6)
    with torch.autocast("cpu", dtype):
        found, expected = (gradients(layer, x, torch.ones(2, 4, 6, 6)) for layer in (ours, theirs))
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
