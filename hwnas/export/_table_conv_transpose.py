"""Transposed convolutions."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import nn
from torch.nn.modules.conv import _ConvTransposeNd

from hwnas.export._table import Call, Unsupported, Value, function, module, several
from hwnas.export._table_weights import weights


@function(F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)
def _conv_transpose(
    call: Call, x: Value, weight: Value, bias: Value | None = None, stride: object = 1, padding: object = 0,
    output_padding: object = 0, groups: int = 1, dilation: object = 1,
) -> str:  # fmt: skip
    arrays = [weight.name] if bias is None else [weight.name, bias.name]
    return _emit(call, x, arrays, tuple(weight.example.shape[2:]), (stride, padding, output_padding, dilation), groups)


@module(nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
def _conv_transpose_module(call: Call, m: _ConvTransposeNd, path: str, x: Value, output_size: None = None) -> str:
    if output_size is not None:
        raise Unsupported(f"{path}: a transposed convolution to a given size")
    how = (m.stride, m.padding, m.output_padding, m.dilation)
    return _emit(call, x, weights(call, m, path), tuple(m.kernel_size), how, m.groups)


def _emit(
    call: Call, x: Value, arrays: Sequence[str], kernel: tuple[int, ...], how: Sequence[object], groups: int
) -> str:
    n = len(kernel)
    if x.example.ndim != n + 2:
        raise Unsupported(f"{call.name}: a convolution without a batch dimension")
    stride, padding, more, dilation = (several(sizes, n) for sizes in how)
    return call.emit(
        "ConvTranspose", x.name, *arrays, kernel_shape=kernel, strides=stride, dilations=dilation,
        pads=padding * 2, output_padding=more, group=groups,
    )  # fmt: skip
