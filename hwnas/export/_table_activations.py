"""Activations: each works on every element alone."""

from __future__ import annotations

import operator

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from hwnas.export._graph import Attribute
from hwnas.export._table import ONE_ROW, Call, Unsupported, Value, function, module
from hwnas.export._table_weights import array_of, by_channel


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
_plain("Selu", F.selu, classes=(nn.SELU,))
_plain("Softsign", F.softsign, classes=(nn.Softsign,))
_plain("Abs", torch.abs, "abs", operator.abs)
_plain("Log", torch.log, "log")
_plain("Floor", torch.floor, "floor")
_plain("Ceil", torch.ceil, "ceil")
_plain("Round", torch.round, "round")
_plain("Sign", torch.sign, "sign")
_plain("Reciprocal", torch.reciprocal, "reciprocal")


@function(torch.square, "square", also=[ONE_ROW])
def _square(call: Call, x: Value) -> str:
    return call.emit("Mul", x.name, x.name)


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


@function(torch.clamp, "clamp", "clamp_", torch.clip, "clip")
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


@function(F.elu)
def _elu(call: Call, x: Value, alpha: float = 1.0) -> str:
    return call.emit("Elu", x.name, alpha=float(alpha))


@module(nn.ELU)
def _elu_module(call: Call, m: nn.ELU, _path: str, x: Value) -> str:
    return _elu(call, x, m.alpha)


@function(F.softplus)
def _softplus(call: Call, x: Value, beta: float = 1.0, threshold: float = 20.0) -> str:
    """Beyond the threshold PyTorch gives what comes in; from 20 on, that is the same up to rounding."""
    if beta != 1 or threshold < 20:
        raise Unsupported(f"{call.name}: softplus with beta {beta} and threshold {threshold}")
    return call.emit("Softplus", x.name)


@module(nn.Softplus)
def _softplus_module(call: Call, m: nn.Softplus, _path: str, x: Value) -> str:
    return _softplus(call, x, m.beta, m.threshold)


@function(F.glu)
def _glu(call: Call, x: Value, dim: int = -1) -> str:
    half = x.example.shape[dim] // 2
    values, gates = call.emit_several(2, "Split", x.name, call.constant([half, half]), axis=dim)
    return call.emit("Mul", values, call.emit("Sigmoid", gates))


@module(nn.GLU)
def _glu_module(call: Call, m: nn.GLU, _path: str, x: Value) -> str:
    return _glu(call, x, m.dim)


@function(F.prelu, torch.prelu)
def _prelu(call: Call, x: Value, weight: Value) -> str:
    """One slope, or one for each channel."""
    if weight.example.numel() == 1 or x.example.ndim == 2:
        return call.emit("PRelu", x.name, weight.name)
    return call.emit("PRelu", x.name, by_channel(call, weight, x.example.ndim))


@module(nn.PReLU)
def _prelu_module(call: Call, m: nn.PReLU, path: str, x: Value) -> str:
    return _prelu(call, x, Value(call.graph.array(f"{path}.weight", array_of(m.weight)), m.weight, 1))
