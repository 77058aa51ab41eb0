"""Norms of what one example holds: of layers, groups and instances."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from hwnas.export._table import Call, Unsupported, Value, function, module
from hwnas.export._table_reductions import reduced
from hwnas.export._table_shapes import reshaped
from hwnas.export._table_weights import array_of, by_channel


def _learnt(call: Call, m: nn.Module, path: str) -> tuple[Value | None, Value | None]:
    """Weight and bias, where there are."""

    def stored(name: str) -> Value | None:
        x = getattr(m, name, None)
        return None if x is None else Value(call.graph.array(f"{path}.{name}", array_of(x)), x, 1)

    return stored("weight"), stored("bias")


@function(F.layer_norm)
def _layer_norm(
    call: Call, x: Value, normalized_shape: Sequence[int], weight: Value | None = None, bias: Value | None = None,
    eps: float = 1e-5,
) -> str:  # fmt: skip
    scale = call.constant(np.ones(tuple(normalized_shape)), np.float32) if weight is None else weight.name
    arrays = [scale] if bias is None else [scale, bias.name]
    return call.emit(
        "LayerNormalization", x.name, *arrays, axis=-len(normalized_shape), epsilon=float(eps), stash_type=1
    )


@module(nn.LayerNorm)
def _layer_norm_module(call: Call, m: nn.LayerNorm, path: str, x: Value) -> str:
    return _layer_norm(call, x, m.normalized_shape, *_learnt(call, m, path), m.eps)


@function(F.rms_norm)
def _rms_norm(
    call: Call, x: Value, normalized_shape: Sequence[int], weight: Value | None = None, eps: float | None = None
) -> str:
    """Without an `eps` of its own, it is the distance between 1 and the next number."""
    eps = float(torch.finfo(x.example.dtype).eps) if eps is None else eps
    axes = tuple(range(-len(normalized_shape), 0))
    mean = reduced(call, "ReduceMean", call.emit("Mul", x.name, x.name), axes, keepdim=True)
    root = call.emit("Sqrt", call.emit("Add", mean, call.constant(eps, np.float32)))
    scaled = call.emit("Mul", x.name, call.emit("Reciprocal", root))
    return scaled if weight is None else call.emit("Mul", scaled, weight.name)


@module(nn.RMSNorm)
def _rms_norm_module(call: Call, m: nn.RMSNorm, path: str, x: Value) -> str:
    return _rms_norm(call, x, m.normalized_shape, _learnt(call, m, path)[0], m.eps)


@function(F.group_norm)
def _group_norm(
    call: Call, x: Value, num_groups: int, weight: Value | None = None, bias: Value | None = None, eps: float = 1e-5
) -> str:
    """As an instance norm of groups: the operator of its own weighs groups, not channels, before opset 21."""
    groups = call.emit("Reshape", x.name, call.constant([0, num_groups, -1]))  # a 0 keeps a size
    ones, zeros = (call.constant(np.full(num_groups, value), np.float32) for value in (1, 0))
    name = reshaped(call, Value(_instances(call, groups, ones, zeros, eps), x.example.flatten(1), 1))
    for op, learnt in (("Mul", weight), ("Add", bias)):
        if learnt is not None:
            name = call.emit(op, name, by_channel(call, learnt, x.example.ndim))
    return name


@module(nn.GroupNorm)
def _group_norm_module(call: Call, m: nn.GroupNorm, path: str, x: Value) -> str:
    return _group_norm(call, x, m.num_groups, *_learnt(call, m, path), m.eps)


def _instances(call: Call, x: str, weight: str, bias: str, eps: float) -> str:
    return call.emit("InstanceNormalization", x, weight, bias, epsilon=float(eps))


@function(F.instance_norm)
def _instance_norm(
    call: Call, x: Value, running_mean: object = None, running_var: object = None, weight: Value | None = None,
    bias: Value | None = None, use_input_stats: bool = True, _momentum: float = 0.1, eps: float = 1e-5,  # noqa: FBT001, FBT002
) -> str:  # fmt: skip
    if not use_input_stats or running_mean is not None or running_var is not None or x.example.ndim < 3:
        raise Unsupported(f"{call.name}: an instance norm by running statistics, or of one example")
    channels = x.example.shape[1]
    ones, zeros = (call.constant(np.full(channels, value), np.float32) for value in (1, 0))
    scale, shift = (given.name if given is not None else none for given, none in ((weight, ones), (bias, zeros)))
    return _instances(call, x.name, scale, shift, eps)


@module(nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
def _instance_norm_module(call: Call, m: nn.InstanceNorm2d, path: str, x: Value) -> str:
    if x.example.ndim != {nn.InstanceNorm1d: 3, nn.InstanceNorm2d: 4, nn.InstanceNorm3d: 5}.get(type(m)):
        raise Unsupported(f"{path}: an instance norm of one example")
    by_input = m.running_mean is None
    return _instance_norm(call, x, None, None, *_learnt(call, m, path), use_input_stats=by_input, eps=m.eps)
