"""Parts of tensors, taken by ``x[...]`` or cut into several."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from hwnas.export._table import ANY_TYPE, NOT_WRITTEN, Call, Unsupported, Value, function
from hwnas.export._table_shapes import reshaped

_ALL = slice(None)


@function(operator.getitem, also=[ANY_TYPE, NOT_WRITTEN])
def _getitem(call: Call, x: Value, index: object) -> str:
    parts = list(index) if isinstance(index, tuple | list) else [index]
    if not x.name:
        raise Unsupported(f"{call.name}: of what the file does not have")
    if any(isinstance(part, Value) for part in parts):
        return _by_tensors(call, x, parts)
    given = sum(part is not None and part is not Ellipsis for part in parts)
    if Ellipsis in parts:
        at = parts.index(Ellipsis)
        parts[at : at + 1] = [_ALL] * (x.example.ndim - given)
    return _by_numbers(call, x, parts)


def _by_numbers(call: Call, x: Value, parts: Sequence[object]) -> str:
    """Numbers take a dimension away, None adds one, slices cut one."""
    name, axis, sizes = x.name, 0, iter(x.example.shape)
    for part in parts:
        if part is None:
            name = call.emit("Unsqueeze", name, call.constant([axis]))
        elif type(part) is int:
            next(sizes)
            name = call.emit("Gather", name, call.constant(part), axis=axis)
            continue
        elif isinstance(part, tuple) and parts.count(_ALL) == len(parts) - 1 and set(map(type, part)) == {int}:
            next(sizes)
            name = call.emit("Gather", name, call.constant(part), axis=axis)
        elif isinstance(part, slice):
            name = _cut(call, name, axis, part, next(sizes))
        else:
            raise Unsupported(f"{call.name}: an index {type(part).__name__}")
        axis += 1
    return name


def _cut(call: Call, name: str, axis: int, part: slice, size: int) -> str:
    bounds = (part.start, part.stop, part.step)
    if not all(x is None or type(x) is int for x in bounds):
        raise Unsupported(f"{call.name}: bounds that depend on the batch")
    if part == _ALL or (axis > 0 and part.indices(size) == (0, size, 1)):
        return name
    start, stop, step = part.start or 0, 2**63 - 1 if part.stop is None else part.stop, part.step or 1
    return call.emit("Slice", name, *(call.constant([number]) for number in (start, stop, axis, step)))


def _by_tensors(call: Call, x: Value, parts: Sequence[object]) -> str:
    """Constant places: all of the tensor in order, which is a reshape, or some along one dimension."""
    places = [part for part in parts if isinstance(part, Value)]
    if not all(place.constant and place.example.dtype == torch.int64 for place in places):
        raise Unsupported(f"{call.name}: an index that depends on the inputs")
    if len(places) == len(parts):
        numbers = torch.arange(x.example.numel()).reshape(x.example.shape)[tuple(p.example for p in places)]
        if torch.equal(numbers.flatten(), torch.arange(x.example.numel())):
            return reshaped(call, x)
    axis = next(i for i, part in enumerate(parts) if isinstance(part, Value))
    plain = all(part == _ALL for i, part in enumerate(parts) if i != axis)
    if not plain or not places[0].name or places[0].one_row:
        raise Unsupported(f"{call.name}: an index along several dimensions")
    return call.emit("Gather", x.name, places[0].name, axis=axis)


def _cutting(cut: Callable[..., Sequence[Tensor]], *keys: object) -> None:
    """Enter a function that cuts a tensor along one dimension."""

    @function(*keys, also=[ANY_TYPE])
    def write(call: Call, x: Value, sizes: object, dim: int = 0) -> tuple[str, ...]:
        if call.dynamic_batch and dim % x.example.ndim == 0:
            raise Unsupported(f"{call.name}: cutting the batch")
        parts = [part.shape[dim] for part in cut(x.example, sizes, dim)]
        if len(parts) == 1:
            return (x.name,)
        return call.emit_several(len(parts), "Split", x.name, call.constant(parts), axis=dim)


_cutting(Tensor.split, torch.split, "split")
_cutting(Tensor.chunk, torch.chunk, "chunk")


@function(torch.index_select, "index_select", also=[ANY_TYPE])
def _index_select(call: Call, x: Value, dim: int, index: Value) -> str:
    return call.emit("Gather", x.name, index.name, axis=dim)


@function(torch.unbind, "unbind", also=[ANY_TYPE])
def _unbind(call: Call, x: Value, dim: int = 0) -> tuple[str, ...]:
    if call.dynamic_batch and dim % x.example.ndim == 0:
        raise Unsupported(f"{call.name}: each example alone")
    return tuple(call.emit("Gather", x.name, call.constant(i), axis=dim) for i in range(x.example.shape[dim]))
