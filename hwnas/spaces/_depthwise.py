"""A depthwise convolution whose training is fast on CPUs.

The gradient of a depthwise kernel is slow in oneDNN when the kernel is wider than three columns: on the
development machine (PyTorch 2.13, channels-last, batch 128, 384 channels at 4x4, 7x7 kernel) it took 13.2 ms where
a 7x3 kernel takes about 0.7 ms. The gradient of each column depends on that column's inputs only, so it is computed in
strips of three columns. Forward, input gradient and every exported graph are those of `nn.Conv2d`.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_STRIP = 3


class _StripGradient(torch.autograd.Function):
    """Depthwise ``conv2d`` with 'same' padding and a kernel gradient computed strip by strip."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(x, weight)
        ctx.stride = stride
        return F.conv2d(x, weight, None, stride, weight.shape[-1] // 2, 1, weight.shape[0])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:  # noqa: ANN401
        x, weight = ctx.saved_tensors
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        stride, padding = ctx.stride, weight.shape[-1] // 2
        to_x = to_weight = None
        if ctx.needs_input_grad[0]:
            to_x = _gradient(gradient, x, weight, stride, padding, of_input=True)
        if ctx.needs_input_grad[1]:
            padded = F.pad(x, (padding,) * 4)
            reach = (gradient.shape[-1] - 1) * stride
            strips = []
            for first in range(0, weight.shape[-1], _STRIP):
                last = min(first + _STRIP, weight.shape[-1])
                columns = padded[..., first : last + reach].contiguous(memory_format=torch.channels_last)
                strips.append(_gradient(gradient, columns, weight[..., first:last], stride, 0, of_input=False))
            to_weight = torch.cat(strips, dim=3)
        return to_x, to_weight, None


def _gradient(gradient: Tensor, x: Tensor, weight: Tensor, stride: int, padding: int, *, of_input: bool) -> Tensor:
    wanted = [of_input, not of_input, False]
    same, ones, transposed = [stride] * 2, [1, 1], False
    both = torch.ops.aten.convolution_backward(
        gradient, x, weight, None, same, [padding] * 2, ones, transposed, [0, 0], weight.shape[0], wanted
    )
    result: Tensor = both[0] if of_input else both[1]
    return result


class DepthwiseConv2d(nn.Conv2d):
    """`nn.Conv2d` with one group per channel, a square odd kernel, 'same' padding and no bias."""

    def __init__(self, channels: int, kernel: int, stride: int) -> None:
        super().__init__(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W) -> (N, C, H / stride, W / stride)``."""
        if self.training and torch.is_grad_enabled() and x.device.type == "cpu" and self.kernel_size[0] > _STRIP:
            out: Tensor = _StripGradient.apply(x, self.weight, self.stride[0])  # type: ignore[no-untyped-call]
            return out
        return super().forward(x)
