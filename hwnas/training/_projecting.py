"""Directions that the inputs of a layer do not see: what of a layer is protected, what it sees, and what is left."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Window(NamedTuple):
    """How a convolution looks at its input."""

    kernel_size: tuple[int, int]
    dilation: tuple[int, int]
    padding: tuple[int, int]
    stride: tuple[int, int]


def protected_layers(network: nn.Module) -> Iterator[tuple[str, Window | None]]:
    """Linear layers, and plain convolutions with their windows, by name."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Linear):
            yield name, None
        elif isinstance(module, nn.Conv2d) and module.groups == 1 and not isinstance(module.padding, str):
            yield name, Window(module.kernel_size, module.dilation, module.padding, module.stride)  # type: ignore[arg-type]


def mean_input(x: Tensor, window: Window | None, shape: Sequence[int]) -> Tensor:
    """What a row of a weight sees on average, ``(inputs,)``, for shared weights of `shape` ``(c,)`` or ``(c, h, w)``.

    A sub-network has the first channels and the middle of the kernel; it sees nothing elsewhere.
    """
    if window is None:
        seen = x.flatten(0, -2).mean(0)
        return F.pad(seen, (0, shape[0] - len(seen)))
    patches = F.unfold(x, window.kernel_size, window.dilation, window.padding, window.stride).mean((0, 2))
    seen = patches.reshape(x.shape[1], *window.kernel_size)
    beside = [(whole - part) // 2 for whole, part in zip(shape[1:], window.kernel_size, strict=True)]
    return F.pad(seen, (beside[1], beside[1], beside[0], beside[0], 0, shape[0] - x.shape[1])).flatten()


def without(projector: Tensor, x: Tensor, eps: float) -> Tensor:
    """The projector ``(d, d)`` with the direction of x ``(d,)`` taken out; x of zeros takes nothing."""
    x = x / x.norm().clamp(min=1e-12)
    seen = projector @ x
    return projector - torch.outer(seen, seen) / (eps + x @ seen)


def projected(update: Tensor, projector: Tensor) -> Tensor:
    """An update of a weight ``(out, ...)``, moved to directions that the protected inputs do not see."""
    return (update.flatten(1) @ projector).reshape(update.shape)
