"""Changes of shape and order, and what leaves no trace in evaluation mode."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from hwnas.export._table import ANY_TYPE, Call, OneRow, Unsupported, Value, function, module, several


@module(nn.Flatten, nn.Unflatten, also=[ANY_TYPE])
def _flatten_module(call: Call, _m: nn.Module, _path: str, x: Value) -> str:
    return reshaped(call, x)


@function(
    torch.flatten, "flatten", torch.unflatten, "unflatten", torch.reshape, "reshape", "view", "view_as", "reshape_as",
    also=[ANY_TYPE],
)  # fmt: skip
def _reshape(call: Call, x: Value, *_sizes: object, **_named: object) -> str:
    return reshaped(call, x)


def reshaped(call: Call, x: Value) -> str:
    """A tensor in the shape of the result."""
    # The example's shape says it all, so sizes computed by the network's own code need no operators.
    if call.result.dtype != x.example.dtype:
        raise Unsupported(f"{call.name}: the same bits as another type")
    shape = tuple(call.result.shape)
    if shape == x.example.shape:
        return x.name
    if call.dynamic_batch:
        if not shape:
            raise Unsupported(f"{call.name}: a batch as one number")
        shape = (-1, *shape[1:])
    return call.emit("Reshape", x.name, call.constant(shape), **({"allowzero": 1} if 0 in shape else {}))


@function(torch.squeeze, "squeeze", also=[ANY_TYPE])
def _squeeze(call: Call, x: Value, dim: int) -> str:
    if call.result.ndim == x.example.ndim:
        raise Unsupported(f"{call.name}: squeezing a dimension that is not 1")
    return call.emit("Squeeze", x.name, call.constant(several(dim, 1)))


@function(torch.unsqueeze, "unsqueeze", also=[ANY_TYPE])
def _unsqueeze(call: Call, x: Value, dim: int) -> str:
    return call.emit("Unsqueeze", x.name, call.constant(several(dim, 1)))


@function("expand", "expand_as", torch.broadcast_to, "broadcast_to", also=[ANY_TYPE])
def _expand(call: Call, x: Value, *_sizes: object, **_named: object) -> str:
    """As many examples as an open batch has are made where they are needed."""
    shape, before = tuple(call.result.shape), tuple(x.example.shape)
    before = (1,) * (len(shape) - len(before)) + before
    many = call.dynamic_batch and before[0] == 1 and shape[0] == call.batch
    sizes = tuple(1 if a == b else b for a, b in zip(before, shape, strict=True))
    if many:
        sizes = (1, *sizes[1:])
    same = sizes == (1,) * x.example.ndim
    name = x.name if same else call.emit("Expand", x.name, call.constant(sizes))
    return OneRow(name) if many else name


@function(torch.permute, "permute", also=[ANY_TYPE])
def _permute(call: Call, x: Value, *dims: object) -> str:
    return transposed(call, x, several(dims[0] if len(dims) == 1 else dims, x.example.ndim))


@function(torch.transpose, "transpose", "swapaxes", also=[ANY_TYPE])
def _transpose(call: Call, x: Value, first: int, second: int) -> str:
    order = [*range(x.example.ndim)]
    order[first], order[second] = order[second], order[first]
    return transposed(call, x, order)


@function(getattr, also=[ANY_TYPE])
def _property(call: Call, x: Value, name: str) -> str:
    """``x.T`` of a matrix, and ``x.mT``."""
    n = x.example.ndim
    if not (name == "mT" or (name == "T" and n == 2)):
        raise Unsupported(f"{call.name}: {name}")
    return transposed(call, x, (*range(n - 2), n - 1, n - 2))


def transposed(call: Call, x: Value, order: Sequence[int]) -> str:
    """A tensor with its dimensions in another order; two changes of order one after the other are one."""
    order, source = [d % x.example.ndim for d in order], x.name
    maker = call.graph.maker(x.name)
    if maker is not None and maker.op == "Transpose":
        (source,), before = maker.inputs, maker.attributes["perm"]
        assert isinstance(before, tuple)  # noqa: S101  written below
        order = [int(before[d]) for d in order]
    return source if order == sorted(order) else call.emit("Transpose", source, perm=tuple(order))


_PADDING = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}
"""ONNX's ways by PyTorch's."""


@function(F.pad)
def _pad(call: Call, x: Value, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> str:
    """PyTorch counts from the last dimension: before and behind it, before and behind the one in front of it."""
    if mode not in _PADDING or len(pad) > 2 * (x.example.ndim - 1):
        raise Unsupported(f"{call.name}: padding {mode!r} of {len(pad) // 2} dimensions")
    sizes = several(tuple(pad), len(pad))
    kept = [0] * (x.example.ndim - len(sizes) // 2)
    begin, end = kept + list(sizes[::2])[::-1], kept + list(sizes[1::2])[::-1]
    if mode != "constant":
        return call.emit("Pad", x.name, call.constant(begin + end), mode=_PADDING[mode])
    return call.emit("Pad", x.name, call.constant(begin + end), call.constant(value or 0.0, np.float32))


@module(nn.ReflectionPad1d, nn.ReflectionPad2d, nn.ReplicationPad1d, nn.ReplicationPad2d)
def _pad_by_content(call: Call, m: nn.ReflectionPad2d, _path: str, x: Value) -> str:
    return _pad(
        call, x, m.padding, "reflect" if isinstance(m, nn.ReflectionPad1d | nn.ReflectionPad2d) else "replicate"
    )


@module(nn.ZeroPad1d, nn.ZeroPad2d, nn.ConstantPad1d, nn.ConstantPad2d)
def _pad_module(call: Call, m: nn.ConstantPad2d, _path: str, x: Value) -> str:
    return _pad(call, x, m.padding, "constant", m.value)


@module(nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
def _nothing_module(_call: Call, _m: nn.Module, _path: str, x: Value) -> str:
    return x.name


@function("contiguous", "clone", torch.clone, "detach", also=[ANY_TYPE])
def _nothing(_call: Call, x: Value) -> str:
    return x.name


@function(F.dropout, F.dropout2d)
def _dropout(call: Call, x: Value, p: float = 0.5, training: bool = True) -> str:  # noqa: FBT001, FBT002
    if training and p:
        raise Unsupported(f"{call.name}: dropout that is always on")
    return x.name
