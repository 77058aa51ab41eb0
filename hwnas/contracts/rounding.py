"""Integers as PyTorch computes them: by rounding in floating point, which gradients go straight through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwnas.contracts.errors import InputError
from hwnas.contracts.mixed import no_scale
from hwnas.contracts.ranges import LEVELS, MOST_INT8

if TYPE_CHECKING:
    from torch import Tensor


def rounded_weights(weights: Tensor, layer: str) -> Tensor:
    """To 129 steps per output, in the first dimension.

    Raises:
        InputError: they are no finite numbers.
    """
    import torch

    most = weights.detach().abs().flatten(1).amax(dim=1)
    if not most.isfinite().all():
        raise InputError(no_scale(layer))
    scales = torch.where(most > 0, most / MOST_INT8, torch.ones_like(most))
    zeros = torch.zeros_like(scales, dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weights, scales, zeros, 0, -MOST_INT8, MOST_INT8)


def rounded_values(x: Tensor, scale: float, zero: int) -> Tensor:
    """To the integers from 0 to 255 with such steps."""
    import torch

    return torch.fake_quantize_per_tensor_affine(x, scale, zero, 0, LEVELS)
