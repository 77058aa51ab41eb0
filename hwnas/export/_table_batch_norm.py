"""Batch-norm, folded into the linear map in front of it."""

from __future__ import annotations

import numpy as np
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from hwnas.contracts.arrays import FloatArray
from hwnas.export._graph import Node
from hwnas.export._table import Call, Unsupported, Value, module
from hwnas.export._table_weights import array_of


@module(nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
def _batch_norm(call: Call, m: _BatchNorm, path: str, x: Value) -> str:
    if m.running_mean is None or m.running_var is None:
        raise Unsupported(f"{path}: batch-norm without running statistics")
    mean, var = array_of(m.running_mean), array_of(m.running_var)
    weight = np.ones_like(mean) if m.weight is None else array_of(m.weight)
    bias = np.zeros_like(mean) if m.bias is None else array_of(m.bias)
    maker = call.graph.maker(x.name)
    stored = maker is not None and all(name in call.graph.arrays for name in maker.inputs[1:])
    if maker is None or not _is_linear_map(maker) or x.readers > 1 or not stored:
        arrays = {"weight": weight, "bias": bias, "running_mean": mean, "running_var": var}
        names = [call.graph.array(f"{path}.{key}", values) for key, values in arrays.items()]
        return call.emit("BatchNormalization", x.name, *names, epsilon=float(m.eps), momentum=0.9)
    # Fold: batch-norm after a linear map is a linear map. In double, so that folding adds no error of its own.
    source, kernel, *shift = maker.inputs
    scale = weight.astype(np.float64) / np.sqrt(var.astype(np.float64) + m.eps)
    old_kernel = call.graph.arrays[kernel]
    old_shift = call.graph.arrays[shift[0]] if shift else np.zeros_like(mean)
    new_kernel = _scaled(old_kernel, scale, maker)
    new_shift = (old_shift - mean.astype(np.float64)) * scale + bias
    folded = f"{kernel.removesuffix('.weight')}+{path}"
    return call.emit(
        maker.op,
        source,
        call.graph.array(f"{folded}.weight", new_kernel.astype(np.float32)),
        call.graph.array(f"{folded}.bias", new_shift.astype(np.float32)),
        **maker.attributes,
    )


def _is_linear_map(maker: Node) -> bool:
    """With a kernel whose outputs `_scaled` finds."""
    return maker.op in ("Conv", "ConvTranspose") or (maker.op == "Gemm" and maker.attributes["transB"] == 1)


def _scaled(kernel: FloatArray, by: FloatArray, maker: Node) -> FloatArray:
    """A kernel with each output times its number; outputs come first, or second in each group of a transposed one."""
    if maker.op != "ConvTranspose":
        return kernel * by.reshape(-1, *[1] * (kernel.ndim - 1))
    groups = maker.attributes["group"]
    assert isinstance(groups, int)  # noqa: S101  written there
    apart = kernel.reshape(groups, -1, *kernel.shape[1:])
    return (apart * by.reshape(groups, 1, -1, *[1] * (kernel.ndim - 2))).reshape(kernel.shape)
