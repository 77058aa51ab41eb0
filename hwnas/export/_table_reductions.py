"""Means, sums, maxima and norms along dimensions."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from hwnas.export._table import ANY_TYPE, Call, Unsupported, Value, function, several


def reduced(call: Call, op: str, x: Value | str, dim: object, *, keepdim: bool) -> str:
    """Along one dimension, or several."""
    name = x.name if isinstance(x, Value) else x
    return call.emit(op, name, call.constant(several(dim, 1)), keepdims=int(keepdim), noop_with_empty_axes=0)


def _reduction(op: str, *keys: object) -> None:
    """Enter a function of a tensor, dimensions and whether these stay, with size 1."""

    @function(*keys)
    def write(call: Call, x: Value, dim: object, keepdim: bool = False) -> str:  # noqa: FBT001, FBT002
        return reduced(call, op, x, dim, keepdim=keepdim)


_reduction("ReduceMean", torch.mean, "mean")
_reduction("ReduceSum", torch.sum, "sum")
_reduction("ReduceMax", torch.amax, "amax")
_reduction("ReduceMin", torch.amin, "amin")
_reduction("ReduceLogSumExp", torch.logsumexp, "logsumexp")


def _extreme(reduction: str, place: str, elementwise: str, *keys: object) -> None:
    """Enter a function that gives the extreme along a dimension and its place, or the one of each two elements."""

    @function(*keys, also=[ANY_TYPE])
    def write(call: Call, x: Value, dim: Value | int, keepdim: bool = False) -> str | tuple[str, str]:  # noqa: FBT001, FBT002
        if x.example.dtype != torch.float32:
            raise Unsupported(f"{call.name}: the extreme of {x.example.dtype}")
        if isinstance(dim, Value):
            return call.emit(elementwise, x.name, call.operand(dim))
        where = call.emit(place, x.name, axis=dim, keepdims=int(keepdim), select_last_index=0)
        return reduced(call, reduction, x, dim, keepdim=keepdim), where


_extreme("ReduceMax", "ArgMax", "Max", torch.max, "max", torch.maximum, "maximum")
_extreme("ReduceMin", "ArgMin", "Min", torch.min, "min", torch.minimum, "minimum")


@function(F.normalize)
def _normalize(call: Call, x: Value, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: None = None) -> str:  # noqa: ARG001
    return call.emit(
        "Div", x.name, call.emit("Max", _norm(call, x, p, dim, keepdim=True), call.constant(eps, np.float32))
    )


@function("norm", torch.norm, torch.linalg.vector_norm)
def _norm(
    call: Call, x: Value, p: object = 2, dim: object = None, keepdim: bool = False, dtype: None = None  # noqa: FBT001, FBT002
) -> str:  # fmt: skip
    if p not in (2, "fro") or dim is None or dtype is not None:
        raise Unsupported(f"{call.name}: a norm other than the Euclidean one along a dimension")
    return reduced(call, "ReduceL2", x, dim, keepdim=keepdim)


@function(torch.var, "var")
def _var(
    call: Call, x: Value, dim: object, unbiased: bool = True, keepdim: bool = False, *, correction: int | None = None  # noqa: FBT001, FBT002
) -> str:  # fmt: skip
    if isinstance(dim, bool):
        raise Unsupported(f"{call.name}: of all elements")
    fewer = int(unbiased) if correction is None else correction
    axes = several(dim, 1)
    count = int(np.prod([x.example.shape[axis] for axis in axes])) - fewer
    if count < 1 or (call.dynamic_batch and any(axis % x.example.ndim == 0 for axis in axes)):
        raise Unsupported(f"{call.name}: of too few elements, or of the batch")
    off = call.emit("Sub", x.name, reduced(call, "ReduceMean", x, dim, keepdim=True))
    total = reduced(call, "ReduceSum", call.emit("Mul", off, off), dim, keepdim=keepdim)
    return call.emit("Div", total, call.constant(count, np.float32))


@function(torch.std, "std")
def _std(call: Call, x: Value, *arguments: object, **named: object) -> str:
    return call.emit("Sqrt", _var(call, x, *arguments, **named))  # type: ignore[arg-type]
