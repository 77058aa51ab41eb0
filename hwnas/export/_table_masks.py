"""Comparisons, truths and what is chosen by them, and changes of a tensor's type."""

from __future__ import annotations

import operator

import numpy as np
import torch
from onnx import helper

from hwnas.export._table import ANY_TYPE, NOT_WRITTEN, ONE_ROW, Call, OneRow, Unsupported, Value, function

_ALSO = (ANY_TYPE, ONE_ROW)


def _side(call: Call, x: Value | float, other: Value | float) -> str:
    """One side of a comparison or a choice; a number is of the type of the tensor beside it, if that can hold it."""
    if isinstance(x, Value):
        return x.name
    kind = other.example.dtype if isinstance(other, Value) else call.result.dtype
    if kind == torch.bool or (kind == torch.int64 and not isinstance(x, int)):
        raise Unsupported(f"{call.name}: {kind} beside {x}")
    return call.constant(x, np.int64 if kind == torch.int64 else np.float32)


def _compared(op: str, *keys: object, negated: bool = False) -> None:
    """Enter ``a op b``."""

    @function(*keys, also=_ALSO)
    def write(call: Call, a: Value, b: Value | float) -> str:
        if isinstance(b, Value) and a.example.dtype != b.example.dtype:
            raise Unsupported(f"{call.name}: {a.example.dtype} beside {b.example.dtype}")
        found = call.emit(op, a.name, _side(call, b, a))
        return call.emit("Not", found) if negated else found


_compared("Equal", operator.eq, torch.eq, "eq")
_compared("Equal", operator.ne, torch.ne, "ne", negated=True)
_compared("Less", operator.lt, torch.lt, "lt")
_compared("LessOrEqual", operator.le, torch.le, "le")
_compared("Greater", operator.gt, torch.gt, "gt")
_compared("GreaterOrEqual", operator.ge, torch.ge, "ge")


def _logical(op: str, *keys: object) -> None:
    """Enter an operation of truths."""

    @function(*keys, also=_ALSO)
    def write(call: Call, *operands: Value) -> str:
        if any(x.example.dtype != torch.bool for x in operands):
            raise Unsupported(f"{call.name}: of other than truths")
        return call.emit(op, *(x.name for x in operands))


_logical("And", operator.and_, torch.logical_and, "logical_and", torch.bitwise_and, "bitwise_and")
_logical("Or", operator.or_, torch.logical_or, "logical_or", torch.bitwise_or, "bitwise_or")
_logical("Not", operator.invert, torch.logical_not, "logical_not", torch.bitwise_not, "bitwise_not")


@function(torch.where, also=_ALSO)
def _where(call: Call, condition: Value, a: Value | float, b: Value | float) -> str:
    kinds = {x.example.dtype for x in (a, b) if isinstance(x, Value)} | {call.result.dtype}
    if condition.example.dtype != torch.bool or len(kinds) > 1:
        raise Unsupported(f"{call.name}: a choice between several types, or not by truths")
    return call.emit("Where", condition.name, _side(call, a, b), _side(call, b, a))


@function("masked_fill", "masked_fill_", torch.masked_fill, also=_ALSO)
def _masked_fill(call: Call, x: Value, mask: Value, value: Value | float) -> str:
    return _where(call, mask, value, x)


@function("to", "type", "float", "bool", "long", "type_as", also=_ALSO)
def _cast(call: Call, x: Value, *_kinds: object, **_named: object) -> str:
    """The result says which type it is; where it is, and in which order it lies in memory, is the same in a file."""
    if call.result.dtype == x.example.dtype:
        return x.name
    kind = np.dtype(str(call.result.dtype).removeprefix("torch."))
    return call.emit("Cast", x.name, to=int(helper.np_dtype_to_tensor_dtype(kind)))


@function(
    torch.zeros_like,
    torch.ones_like,
    torch.full_like,
    "new_zeros",
    "new_ones",
    "new_full",
    also=[ANY_TYPE, NOT_WRITTEN],
)
def _filled(call: Call, _like: Value, *_arguments: object, **_named: object) -> str:
    """Of an open batch, one row; all are alike."""
    rows = call.dynamic_batch and call.result.ndim > 0 and len(call.result) == call.batch
    values = call.constant((call.result[:1] if rows else call.result).numpy(), dtype=None)
    return OneRow(values) if rows else values
