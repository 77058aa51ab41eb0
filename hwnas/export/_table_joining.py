"""Tensors put together, repeated, turned round and moved along."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hwnas.export._table import ANY_TYPE, Call, Unsupported, Value, function, several


@function(torch.cat, torch.concat, also=[ANY_TYPE])
def _cat(call: Call, tensors: Sequence[Value], dim: int = 0) -> str:
    """PyTorch passes over tensors of shape ``(0,)``, with which caches of language models begin."""
    tensors = [x for x in tensors if x.example.shape != (0,)]
    if len({x.example.dtype for x in tensors}) > 1:
        raise Unsupported(f"{call.name}: of several types")
    return call.emit("Concat", *(x.name for x in tensors), axis=dim) if len(tensors) > 1 else tensors[0].name


@function(torch.stack, also=[ANY_TYPE])
def _stack(call: Call, tensors: Sequence[Value], dim: int = 0) -> str:
    if len({x.example.dtype for x in tensors}) > 1:
        raise Unsupported(f"{call.name}: of several types")
    axis = dim % (tensors[0].example.ndim + 1)
    return call.emit("Concat", *(call.emit("Unsqueeze", x.name, call.constant([axis])) for x in tensors), axis=axis)


@function("repeat", torch.tile, "tile", also=[ANY_TYPE])
def _repeat(call: Call, x: Value, *times: object) -> str:
    given = several(times[0] if len(times) == 1 else times, x.example.ndim)
    if len(given) != x.example.ndim:
        raise Unsupported(f"{call.name}: repeated in more dimensions, or in fewer")
    return call.emit("Tile", x.name, call.constant(given))


@function(torch.flip, "flip", also=[ANY_TYPE])
def _flip(call: Call, x: Value, *dims: object) -> str:
    axes = several(dims[0] if len(dims) == 1 else dims, 1)
    bounds = ([-1] * len(axes), [-(2**63) + 1] * len(axes), list(axes), [-1] * len(axes))
    return call.emit("Slice", x.name, *(call.constant(numbers) for numbers in bounds))


@function(torch.roll, "roll", also=[ANY_TYPE])
def _roll(call: Call, x: Value, shifts: object, dims: object) -> str:
    """What is moved beyond the end of a dimension comes in at its beginning."""
    axes, name = several(dims, 1), x.name
    for axis, shift in zip(axes, several(shifts, len(axes)), strict=True):
        at = call.constant([-shift % x.example.shape[axis]])
        ends = ((at, call.constant([2**63 - 1])), (call.constant([0]), at))
        parts = [call.emit("Slice", name, begin, end, call.constant([axis])) for begin, end in ends]
        name = call.emit("Concat", *parts, axis=axis)
    return name
