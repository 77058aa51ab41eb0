"""Pooling."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import nn

from hwnas.export._graph import Attribute
from hwnas.export._table import Call, Unsupported, Value, function, module, several
from hwnas.export._table_reductions import reduced


def _adaptive(reduction: str, pool: str, n: int, key: object, *classes: type[nn.Module]) -> None:
    """Enter pooling to given sizes: of everything, or of windows that are all as large."""

    def write(call: Call, x: Value, output_size: object, return_indices: bool = False) -> str:  # noqa: FBT001, FBT002
        before, after = tuple(x.example.shape[2:]), tuple(call.result.shape[2:])
        if x.example.ndim != n + 2 or return_indices or any(a % b for a, b in zip(before, after, strict=True)):
            raise Unsupported(f"{call.name}: adaptive pooling to {output_size}, with indices or of one example")
        if after == (1,) * n:
            return reduced(call, reduction, x, tuple(range(-1, -n - 1, -1)), keepdim=True)
        kernel = tuple(a // b for a, b in zip(before, after, strict=True))
        return _pooled(call, pool, x, n, (kernel, kernel, 0))

    function(key)(write)
    module(*classes)(lambda call, m, _path, x: write(call, x, m.output_size, getattr(m, "return_indices", False)))


_adaptive("ReduceMean", "AveragePool", 1, F.adaptive_avg_pool1d, nn.AdaptiveAvgPool1d)
_adaptive("ReduceMean", "AveragePool", 2, F.adaptive_avg_pool2d, nn.AdaptiveAvgPool2d)
_adaptive("ReduceMean", "AveragePool", 3, F.adaptive_avg_pool3d, nn.AdaptiveAvgPool3d)
_adaptive("ReduceMax", "MaxPool", 1, F.adaptive_max_pool1d, nn.AdaptiveMaxPool1d)
_adaptive("ReduceMax", "MaxPool", 2, F.adaptive_max_pool2d, nn.AdaptiveMaxPool2d)
_adaptive("ReduceMax", "MaxPool", 3, F.adaptive_max_pool3d, nn.AdaptiveMaxPool3d)


def _pooled(call: Call, op: str, x: Value, n: int, sizes: Sequence[object], **attributes: Attribute) -> str:
    """Where sizes are rounded up, the last window of a maximum looks beyond the end: at places that never win."""
    kernel, strides, begin = (several(size, n) for size in (sizes[0], sizes[1] or sizes[0], sizes[2]))
    if x.example.ndim != n + 2:
        raise Unsupported(f"{call.name}: pooling without a batch dimension")
    apart = several(attributes.get("dilations", 1), n)
    end = tuple(
        max(pad, (after - 1) * stride + gap * (size - 1) + 1 - before - pad)
        for before, after, size, stride, gap, pad in zip(
            x.example.shape[2:], call.result.shape[2:], kernel, strides, apart, begin, strict=True
        )
    )
    if end != begin and (op != "MaxPool" or any(pad >= size for pad, size in zip(end, kernel, strict=True))):
        raise Unsupported(f"{call.name}: sizes that are rounded up")
    return call.emit(op, x.name, kernel_shape=kernel, strides=strides, pads=(*begin, *end), ceil_mode=0, **attributes)


def _max_pooling(n: int, key: object, kind: type[nn.Module]) -> None:
    """Enter it for so many dimensions."""

    @function(key)
    def write(
        call: Call, x: Value, kernel_size: object, stride: object = None, padding: object = 0, dilation: object = 1,
        ceil_mode: bool = False, return_indices: bool = False,  # noqa: ARG001, FBT001, FBT002  as PyTorch has it
    ) -> str:  # fmt: skip
        if return_indices:
            raise Unsupported(f"{call.name}: max pooling with indices")
        how: dict[str, Attribute] = {"dilations": several(dilation, n), "storage_order": 0}
        return _pooled(call, "MaxPool", x, n, (kernel_size, stride, padding), **how)

    module(kind)(
        lambda call, m, _path, x: write(
            call, x, m.kernel_size, m.stride, m.padding, m.dilation, m.ceil_mode, m.return_indices
        )
    )


def _average_pooling(n: int, key: object, kind: type[nn.Module]) -> None:
    """Enter it for so many dimensions."""

    @function(key)
    def write(
        call: Call, x: Value, kernel_size: object, stride: object = None, padding: object = 0,
        ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,  # noqa: ARG001, FBT001, FBT002
    ) -> str:  # fmt: skip
        if divisor_override is not None:
            raise Unsupported(f"{call.name}: average pooling with its own divisor")
        how = {"count_include_pad": int(count_include_pad)}
        return _pooled(call, "AveragePool", x, n, (kernel_size, stride, padding), **how)

    module(kind)(
        lambda call, m, _path, x: write(
            call, x, m.kernel_size, m.stride, m.padding, m.ceil_mode, m.count_include_pad,
            getattr(m, "divisor_override", None),
        )
    )  # fmt: skip


for _n, _max, _max_kind, _average, _average_kind in (
    (1, F.max_pool1d, nn.MaxPool1d, F.avg_pool1d, nn.AvgPool1d),
    (2, F.max_pool2d, nn.MaxPool2d, F.avg_pool2d, nn.AvgPool2d),
    (3, F.max_pool3d, nn.MaxPool3d, F.avg_pool3d, nn.AvgPool3d),
):
    _max_pooling(_n, _max, _max_kind)
    _average_pooling(_n, _average, _average_kind)
