"""A depthwise convolution whose training is fast on CPUs.

The gradient of a depthwise kernel is slow in oneDNN when the kernel is wider than three columns: on the
development machine (PyTorch 2.13, channels-last, batch 128, one thread, 384 channels at 4x4, 7x7 kernel) it took
21 ms. Two ways round, the faster of which depends on the size of the maps: strips of three columns, for the gradient
of a column depends on that column's inputs only (96 channels at 14x14: 7 ms where oneDNN takes 27); and, on small
maps, one matrix product per channel of every output position with every input position, of which each kernel cell
collects its own (384 channels at 4x4: 4 ms). Forward, input gradient and every exported graph are those of
`nn.Conv2d`.
"""

from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_STRIP = 3
_FEW_PAIRS = 1024  # of an output and an input position; above it the products of all pairs cost more than strips


class _KernelGradient(torch.autograd.Function):
    """Depthwise ``conv2d`` with 'same' padding and a kernel gradient of our own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(x, weight)
        ctx.stride = stride
        return F.conv2d(x, weight, None, stride, weight.shape[-1] // 2, 1, weight.shape[0])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:  # noqa: ANN401
        x, weight = ctx.saved_tensors
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        to_x = to_weight = None
        if ctx.needs_input_grad[0]:
            padding = (weight.shape[-1] // 2,) * 2
            to_x = _native(gradient, x, weight, ctx.stride, padding, of_input=True)
        if ctx.needs_input_grad[1]:
            pairs = gradient.shape[2:].numel() * x.shape[2:].numel()
            to_weight = (_by_pairs if pairs <= _FEW_PAIRS else _by_strips)(gradient, x, weight, ctx.stride)
        return to_x, to_weight, None


def _native(
    gradient: Tensor, x: Tensor, weight: Tensor, stride: int, padding: tuple[int, int], *, of_input: bool
) -> Tensor:
    wanted = [of_input, not of_input, False]
    ones, transposed = [1, 1], False
    both = torch.ops.aten.convolution_backward(
        gradient, x, weight, None, [stride] * 2, padding, ones, transposed, [0, 0], weight.shape[0], wanted
    )
    result: Tensor = both[0] if of_input else both[1]
    return result


def _by_strips(gradient: Tensor, x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Three columns of the kernel at a time. Rows are left for oneDNN to pad where it does so fast, at stride 1."""
    size = weight.shape[-1]
    padding = size // 2
    images, channels, height, width = x.shape
    above = padding if stride > 1 else 0
    rows = x.permute(0, 2, 3, 1)
    strips = []
    for first in range(0, size, _STRIP):
        last = min(first + _STRIP, size)
        columns = (gradient.shape[-1] - 1) * stride + last - first
        start, stop = max(0, first - padding), min(width, first - padding + columns)
        before = start - (first - padding)
        seen = x.new_empty(images, height + 2 * above, columns, channels)
        seen[:, :, :before] = 0
        seen[:, :, before + stop - start :] = 0
        if above:
            seen[:, :above] = 0
            seen[:, -above:] = 0
        seen[:, above : above + height, before : before + stop - start] = rows[:, :, start:stop]
        strip = seen.permute(0, 3, 1, 2)
        strips.append(_native(gradient, strip, weight[..., first:last], stride, (padding - above, 0), of_input=False))
    return torch.cat(strips, dim=3)


def _by_pairs(gradient: Tensor, x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Every output position times every input position, summed over the images; then collected per kernel cell."""
    size = weight.shape[-1]
    outputs, inputs = tuple(gradient.shape[2:]), tuple(x.shape[2:])
    after = gradient.permute(1, 2, 3, 0).flatten(1, 2)
    before = x.permute(1, 2, 3, 0).flatten(1, 2)
    products = torch.bmm(after, before.transpose(1, 2)).flatten(1)
    return (products @ _cells(outputs, inputs, size, stride).to(products.dtype)).reshape(weight.shape)


@cache
def _cells(outputs: tuple[int, int], inputs: tuple[int, int], size: int, stride: int) -> Tensor:
    """Which kernel cell, if any, joins an output position to an input position: ``(pairs, cells)`` of 0 and 1."""
    rows, columns = (
        torch.arange(inputs[axis]) - torch.arange(outputs[axis])[:, None] * stride + size // 2 for axis in (0, 1)
    )
    row, column = rows[:, None, :, None], columns[None, :, None, :]
    inside = (row >= 0) & (row < size) & (column >= 0) & (column < size)
    cell = torch.where(inside, row * size + column, size * size).flatten()
    return F.one_hot(cell, size * size + 1)[:, :-1]


class DepthwiseConv2d(nn.Conv2d):
    """`nn.Conv2d` with one group per channel, a square odd kernel, 'same' padding and no bias."""

    def __init__(self, channels: int, kernel: int, stride: int) -> None:
        super().__init__(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W) -> (N, C, H / stride, W / stride)``."""
        learns = self.training and torch.is_grad_enabled() and not torch.is_autocast_enabled("cpu")  # that casts itself
        if learns and x.device.type == "cpu" and self.kernel_size[0] > _STRIP:
            out: Tensor = _KernelGradient.apply(x, self.weight, self.stride[0])  # type: ignore[no-untyped-call]
            return out
        return super().forward(x)
