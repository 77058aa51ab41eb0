"""Layers with weights: convolutions and linear maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from hwnas.export._table import Call, Unsupported, Value, function, module, several


def array_of(tensor: Tensor) -> np.ndarray:
    """What a file holds of a tensor."""
    return tensor.detach().cpu().contiguous().numpy()


def by_channel(call: Call, x: Value, ndim: int) -> str:
    """One number per channel, which is the second dimension, beside a tensor of so many dimensions."""
    if x.name not in call.graph.arrays:
        raise Unsupported(f"{call.name}: weights that are computed")
    values = call.graph.arrays[x.name].reshape(-1, *[1] * (ndim - 2))
    return call.graph.array(f"{x.name}.channels", values)


@function(F.conv1d, F.conv2d, F.conv3d)
def _conv(
    call: Call,
    x: Value,
    weight: Value,
    bias: Value | None = None,
    stride: object = 1,
    padding: object = 0,
    dilation: object = 1,
    groups: int = 1,
) -> str:
    arrays = [weight.name] if bias is None else [weight.name, bias.name]
    return _emit_conv(call, x, arrays, tuple(weight.example.shape[2:]), (stride, padding, dilation, groups))


def _emit_conv(
    call: Call, x: Value, arrays: Sequence[str], kernel: tuple[int, ...], how: tuple[object, object, object, int]
) -> str:
    stride, padding, dilation, groups = how
    n = len(kernel)
    if x.example.ndim != n + 2:
        raise Unsupported(f"{call.name}: a convolution without a batch dimension")
    apart = several(dilation, n)
    if padding == "same":
        total = [d * (k - 1) for d, k in zip(apart, kernel, strict=True)]
        begin, end = tuple(t // 2 for t in total), tuple(t - t // 2 for t in total)
    else:
        begin = end = (0,) * n if padding == "valid" else several(padding, n)
    source, begin, end = _with_padding_before(call, x.name, begin, end)
    return call.emit(
        "Conv",
        source,
        *arrays,
        kernel_shape=kernel,
        strides=several(stride, n),
        dilations=apart,
        pads=(*begin, *end),
        group=groups,
    )


def _with_padding_before(
    call: Call, source: str, begin: tuple[int, ...], end: tuple[int, ...]
) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """What a convolution reads, and its padding with that of layers before it, where these pad places with zeros.

    ONNX Runtime does so with files in float32; in INT8 it would convert values for the padding alone.
    """
    maker = call.graph.maker(source)
    while maker is not None and maker.op == "Pad":
        sizes, value = (call.graph.arrays[name] for name in maker.inputs[1:])
        before, behind = np.split(sizes, 2)
        beside = len(before) - len(begin)  # batch and channels
        if value != 0 or sizes.min() < 0 or before[:beside].any() or behind[:beside].any():
            break
        begin = tuple(a + int(b) for a, b in zip(begin, before[beside:], strict=True))
        end = tuple(a + int(b) for a, b in zip(end, behind[beside:], strict=True))
        source = maker.inputs[0]
        maker = call.graph.maker(source)
    return source, begin, end


@module(nn.Conv1d, nn.Conv2d, nn.Conv3d)
def _conv_module(call: Call, m: _ConvNd, path: str, x: Value) -> str:
    if m.padding_mode != "zeros":
        raise Unsupported(f"{path}: an unusual convolution")
    how = (m.stride, m.padding, m.dilation, m.groups)
    return _emit_conv(call, x, weights(call, m, path), tuple(m.kernel_size), how)


def weights(call: Call, m: nn.Module, path: str) -> list[str]:
    """The arrays of a layer: its weight, and its bias if it has one."""
    return [call.graph.array(f"{path}.{key}", array_of(t)) for key, t in _tensors(m)]


def _tensors(m: nn.Module) -> list[tuple[str, Tensor]]:
    return [(key, t) for key in ("weight", "bias") if isinstance(t := getattr(m, key), Tensor)]


@function(F.linear)
def linear(call: Call, x: Value, weight: Value, bias: Value | None = None) -> str:
    """A product of matrices; that of two dimensions adds the bias as well."""
    if x.example.ndim == 2:
        arrays = [weight.name] if bias is None else [weight.name, bias.name]
        return call.emit("Gemm", x.name, *arrays, alpha=1.0, beta=1.0, transA=0, transB=1)
    stored = call.graph.arrays.get(weight.name)
    turned = (
        call.emit("Transpose", weight.name, perm=(1, 0))
        if stored is None
        else call.graph.array(f"{weight.name}.T", stored.T)
    )
    product = call.emit("MatMul", x.name, turned)
    return product if bias is None else call.emit("Add", product, bias.name)


@function(torch.addmm)
def _addmm(call: Call, bias: Value, x: Value, weight: Value, *, beta: float = 1.0, alpha: float = 1.0) -> str:
    return call.emit("Gemm", x.name, weight.name, bias.name, alpha=float(alpha), beta=float(beta), transA=0, transB=0)


@module(nn.Linear)
def _linear_module(call: Call, m: nn.Linear, path: str, x: Value) -> str:
    return linear(call, x, *(Value(call.graph.array(f"{path}.{key}", array_of(t)), t, 1) for key, t in _tensors(m)))
