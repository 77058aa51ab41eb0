"""Pooling and means."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from hwnas.export._graph import Attribute
from hwnas.export._table import Call, Unsupported, Value, function, module, several


@function(torch.mean, "mean")
def _mean(call: Call, x: Value, dim: object, keepdim: bool = False) -> str:  # noqa: FBT001, FBT002
    axes = call.constant(several(dim, 1))
    return call.emit("ReduceMean", x.name, axes, keepdims=int(keepdim), noop_with_empty_axes=0)


@function(F.adaptive_avg_pool2d)
def _adaptive_avg_pool2d(call: Call, x: Value, output_size: object) -> str:
    if several(output_size, 2) != (1, 1):
        raise Unsupported(f"{call.name}: adaptive pooling to {output_size}")
    return _mean(call, x, (-1, -2), keepdim=True)


@function(F.adaptive_avg_pool1d)
def _adaptive_avg_pool1d(call: Call, x: Value, output_size: object) -> str:
    if several(output_size, 1) != (1,):
        raise Unsupported(f"{call.name}: adaptive pooling to {output_size}")
    return _mean(call, x, -1, keepdim=True)


@module(nn.AdaptiveAvgPool1d)
def _adaptive_avg_pool1d_module(call: Call, m: nn.AdaptiveAvgPool1d, _path: str, x: Value) -> str:
    return _adaptive_avg_pool1d(call, x, m.output_size)


@module(nn.AdaptiveAvgPool2d)
def _adaptive_avg_pool2d_module(call: Call, m: nn.AdaptiveAvgPool2d, _path: str, x: Value) -> str:
    return _adaptive_avg_pool2d(call, x, m.output_size)


def _pool2d(call: Call, op: str, x: Value, sizes: Sequence[object], **attributes: Attribute) -> str:
    kernel, stride, padding = sizes
    if x.example.ndim != 4:
        raise Unsupported(f"{call.name}: pooling without a batch dimension")
    return call.emit(
        op,
        x.name,
        kernel_shape=several(kernel, 2),
        strides=several(kernel if stride is None else stride, 2),
        pads=several(padding, 2) * 2,
        ceil_mode=0,
        **attributes,
    )


@function(F.max_pool2d)
def _max_pool2d(
    call: Call, x: Value, kernel_size: object, stride: object = None, padding: object = 0, *, dilation: object = 1
) -> str:
    return _pool2d(call, "MaxPool", x, (kernel_size, stride, padding), dilations=several(dilation, 2), storage_order=0)


@module(nn.MaxPool2d)
def _max_pool2d_module(call: Call, m: nn.MaxPool2d, path: str, x: Value) -> str:
    if m.ceil_mode or m.return_indices:
        raise Unsupported(f"{path}: max pooling with ceil_mode or indices")
    return _max_pool2d(call, x, m.kernel_size, m.stride, m.padding, dilation=m.dilation)


@function(F.avg_pool2d)
def _avg_pool2d(
    call: Call,
    x: Value,
    kernel_size: object,
    stride: object = None,
    padding: object = 0,
    *,
    count_include_pad: bool = True,
) -> str:
    return _pool2d(call, "AveragePool", x, (kernel_size, stride, padding), count_include_pad=int(count_include_pad))


@module(nn.AvgPool2d)
def _avg_pool2d_module(call: Call, m: nn.AvgPool2d, path: str, x: Value) -> str:
    if m.ceil_mode or m.divisor_override is not None:
        raise Unsupported(f"{path}: average pooling with ceil_mode or its own divisor")
    return _avg_pool2d(call, x, m.kernel_size, m.stride, m.padding, count_include_pad=m.count_include_pad)
