"""Images and sequences made larger or smaller."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from hwnas.export._table import Call, Unsupported, Value, function, module

_MODES = {"nearest": "nearest", "linear": "linear", "bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}
"""ONNX's by PyTorch's."""


@function(F.interpolate)
def _interpolate(
    call: Call,
    x: Value,
    size: object = None,
    scale_factor: float | tuple[float, ...] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,  # noqa: FBT001  as PyTorch has it
    recompute_scale_factor: bool | None = None,  # noqa: FBT001
    antialias: bool = False,  # noqa: FBT001, FBT002
) -> str:
    """By the sizes that come out; factors that do not give these exactly count places in another way."""
    n = x.example.ndim - 2
    before, sizes = tuple(x.example.shape[2:]), tuple(call.result.shape[2:])
    factors = scale_factor if isinstance(scale_factor, tuple) else (scale_factor,) * n
    exact = size is not None or all(a * float(f or 0) == b for a, f, b in zip(before, factors, sizes, strict=True))
    if mode not in _MODES or antialias or not (exact or recompute_scale_factor):
        raise Unsupported(f"{call.name}: resizing by {mode}, to sizes that factors do not give, or antialiased")
    kind = "align_corners" if align_corners else "asymmetric" if mode == "nearest" else "half_pixel"
    axes = {"axes": tuple(range(2, n + 2))}
    if not call.dynamic_batch:  # as PyTorch's exporter has it
        sizes, axes = (*call.result.shape[:2], *sizes), {}
    return call.emit(
        "Resize", x.name, "", "", call.constant(sizes), keep_aspect_ratio_policy="stretch", antialias=0,
        extrapolation_value=0.0, exclude_outside=0, nearest_mode="floor", coordinate_transformation_mode=kind,
        cubic_coeff_a=-0.75, mode=_MODES[mode], **axes,
    )  # fmt: skip


@module(nn.Upsample)
def _upsample(call: Call, m: nn.Upsample, _path: str, x: Value) -> str:
    return _interpolate(call, x, m.size, m.scale_factor, m.mode, m.align_corners, m.recompute_scale_factor)


@function(F.pixel_shuffle)
def _pixel_shuffle(call: Call, x: Value, upscale_factor: int) -> str:
    if x.example.ndim != 4:
        raise Unsupported(f"{call.name}: pixels of one image, or of several dimensions of images")
    return call.emit("DepthToSpace", x.name, blocksize=upscale_factor, mode="CRD")


@module(nn.PixelShuffle)
def _pixel_shuffle_module(call: Call, m: nn.PixelShuffle, _path: str, x: Value) -> str:
    return _pixel_shuffle(call, x, m.upscale_factor)
