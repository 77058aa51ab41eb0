"""Activations: each works on every element alone."""

from __future__ import annotations

import operator

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from hwnas.export._graph import Attribute
from hwnas.export._table import ONE_ROW, Call, Value, function, module


def _plain(op: str, *keys: object, classes: tuple[type[nn.Module], ...] = (), **attributes: Attribute) -> None:
    """Enter an operation of one tensor that is one ONNX operator with fixed attributes."""
    function(*keys, also=[ONE_ROW])(lambda call, x: call.emit(op, x.name, **attributes))
    module(*classes)(lambda call, _m, _path, x: call.emit(op, x.name, **attributes))


_plain("Relu", F.relu, F.relu_, torch.relu, torch.relu_, "relu", "relu_", classes=(nn.ReLU,))
_plain("HardSwish", F.hardswish, classes=(nn.Hardswish,))
_plain("HardSigmoid", F.hardsigmoid, classes=(nn.Hardsigmoid,), alpha=1 / 6, beta=0.5)
_plain("Sigmoid", F.sigmoid, torch.sigmoid, "sigmoid", "sigmoid_", classes=(nn.Sigmoid,))
_plain("Tanh", F.tanh, torch.tanh, "tanh", "tanh_", classes=(nn.Tanh,))
_plain("Neg", operator.neg, torch.neg, "neg")
_plain("Sqrt", torch.sqrt, "sqrt")
_plain("Exp", torch.exp, "exp")
_plain("Sin", torch.sin, "sin")
_plain("Cos", torch.cos, "cos")
_plain("Erf", torch.erf, "erf")
_plain("Mish", F.mish, classes=(nn.Mish,))


@function(torch.rsqrt, "rsqrt", also=[ONE_ROW])
def _rsqrt(call: Call, x: Value) -> str:
    return call.emit("Reciprocal", call.emit("Sqrt", x.name))


@function(F.hardtanh, F.hardtanh_)
def _hardtanh(call: Call, x: Value, min_val: float = -1.0, max_val: float = 1.0) -> str:
    return call.emit("Clip", x.name, call.constant(min_val, np.float32), call.constant(max_val, np.float32))


@module(nn.Hardtanh)
def _hardtanh_module(call: Call, m: nn.Hardtanh, _path: str, x: Value) -> str:
    return _hardtanh(call, x, m.min_val, m.max_val)


@function(F.relu6)
def _relu6(call: Call, x: Value) -> str:
    return _hardtanh(call, x, 0.0, 6.0)


@function(torch.clamp, "clamp", "clamp_")
def _clamp(call: Call, x: Value, min: float | None = None, max: float | None = None) -> str:  # noqa: A002
    if min is None or max is None:
        op, bound = ("Max", min) if max is None else ("Min", max)
        return call.emit(op, x.name, call.operand(bound))
    return call.emit("Clip", x.name, *(call.operand(bound) for bound in (min, max)))


@function(F.gelu)
def _gelu(call: Call, x: Value, *, approximate: str = "none") -> str:
    return call.emit("Gelu", x.name, approximate=approximate)


@module(nn.GELU)
def _gelu_module(call: Call, m: nn.GELU, _path: str, x: Value) -> str:
    return _gelu(call, x, approximate=m.approximate)


@function(F.silu)
def _silu(call: Call, x: Value) -> str:
    return call.emit("Mul", x.name, call.emit("Sigmoid", x.name))


@module(nn.SiLU)
def _silu_module(call: Call, _m: nn.SiLU, _path: str, x: Value) -> str:
    return _silu(call, x)


@function(F.leaky_relu, F.leaky_relu_)
def _leaky_relu(call: Call, x: Value, negative_slope: float = 0.01) -> str:
    return call.emit("LeakyRelu", x.name, alpha=float(negative_slope))


@module(nn.LeakyReLU)
def _leaky_relu_module(call: Call, m: nn.LeakyReLU, _path: str, x: Value) -> str:
    return _leaky_relu(call, x, m.negative_slope)
