"""The table from PyTorch to ONNX: one small function per operation, found by module class, function or method name.

What a function does not know how to say in ONNX it refuses with `Unsupported`; it never approximates. Each one
chooses the operators that PyTorch's own exporter ends with after its optimiser, so the two graphs are the same.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from hwnas.export._graph import Attribute, Graph


class Unsupported(Exception):  # noqa: N818 - not an error: the answer "ask the stock exporter"
    """The table has no exact words for this."""


@dataclass(frozen=True)
class Value:
    """A tensor of the network: its name in the graph, an example of it, and how many operations read it."""

    name: str
    example: Tensor
    readers: int


@dataclass(frozen=True)
class Call:
    """One operation of the network being written: where to write, its name, and an example of its result."""

    graph: Graph
    name: str
    result: Tensor
    dynamic_batch: bool

    def emit(self, op: str, *inputs: str, **attributes: Attribute) -> str:
        """Write one operator."""
        return self.graph.emit(self.name, op, inputs, attributes)

    def constant(self, values: object, dtype: object = np.int64) -> str:
        """Write a constant."""
        return self.graph.constant(np.asarray(values, dtype=dtype))  # type: ignore[call-overload]

    def operand(self, x: Value | float | None) -> str:
        """One side of arithmetic: a tensor, or a number written in the network."""
        if isinstance(x, Value):
            return x.name
        if isinstance(x, int | float):
            return self.constant(x, np.float32)
        raise Unsupported(f"{self.name}: arithmetic on {type(x).__name__}")


Writer = Callable[..., str]
MODULES: dict[type[nn.Module], Writer] = {}
FUNCTIONS: dict[object, Writer] = {}


def _enter(table: dict[Any, Writer], keys: Sequence[object]) -> Callable[[Writer], Writer]:
    def enter(writer: Writer) -> Writer:
        table.update(dict.fromkeys(keys, writer))
        return writer

    return enter


def module(*classes: type[nn.Module]) -> Callable[[Writer], Writer]:
    """Enter ``writer(call, module, path, *inputs)`` for these classes and those derived from them."""
    return _enter(MODULES, classes)


def function(*keys: object) -> Callable[[Writer], Writer]:
    """Enter ``writer(call, ...)``, with the PyTorch function's own parameters, for functions and method names."""
    return _enter(FUNCTIONS, keys)


def base_in_table(kind: type[nn.Module]) -> type[nn.Module] | None:
    """The nearest ancestor (or the class itself) that the table knows."""
    return next((base for base in kind.__mro__ if base in MODULES), None)


def _several(values: object, n: int) -> tuple[int, ...]:
    """PyTorch's "one number or one per dimension"."""
    several = tuple(values) if isinstance(values, Sequence) else (values,) * n
    sizes = tuple(value for value in several if isinstance(value, int))
    if len(sizes) < len(several):
        raise Unsupported(f"sizes {several}")
    return sizes


# --- layers with weights ---


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().contiguous().numpy()


@module(nn.Conv1d, nn.Conv2d, nn.Conv3d)
def _conv(call: Call, m: _ConvNd, path: str, x: Value) -> str:
    n = len(m.kernel_size)
    if m.padding_mode != "zeros" or x.example.ndim != n + 2 or _overrides(m, "_conv_forward"):
        raise Unsupported(f"{path}: an unusual convolution")
    begin = end = m.padding if isinstance(m.padding, tuple) else (0,) * n
    if m.padding == "same":
        total = [d * (k - 1) for d, k in zip(m.dilation, m.kernel_size, strict=True)]
        begin, end = tuple(t // 2 for t in total), tuple(t - t // 2 for t in total)
    return call.emit(
        "Conv",
        x.name,
        *_weights(call, m, path),
        kernel_shape=tuple(m.kernel_size),
        strides=tuple(m.stride),
        dilations=tuple(m.dilation),
        pads=(*begin, *end),
        group=m.groups,
    )


def _overrides(m: nn.Module, method: str) -> bool:
    """Whether `m`'s class changes a method that its base's forward calls."""
    base = base_in_table(type(m))
    return getattr(type(m), method) is not getattr(base, method)


def _weights(call: Call, m: nn.Module, path: str) -> list[str]:
    tensors = {"weight": m.weight, "bias": m.bias}
    return [call.graph.array(f"{path}.{key}", _array(t)) for key, t in tensors.items() if isinstance(t, Tensor)]


@module(nn.Linear)
def _linear(call: Call, m: nn.Linear, path: str, x: Value) -> str:
    if x.example.ndim == 2:
        return call.emit("Gemm", x.name, *_weights(call, m, path), alpha=1.0, beta=1.0, transA=0, transB=1)
    product = call.emit("MatMul", x.name, call.graph.array(f"{path}.weight.T", _array(m.weight.T)))
    return product if m.bias is None else call.emit("Add", product, call.graph.array(f"{path}.bias", _array(m.bias)))


@module(nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
def _batch_norm(call: Call, m: _BatchNorm, path: str, x: Value) -> str:
    if m.running_mean is None or m.running_var is None:
        raise Unsupported(f"{path}: batch-norm without running statistics")
    mean, var = _array(m.running_mean), _array(m.running_var)
    weight = np.ones_like(mean) if m.weight is None else _array(m.weight)
    bias = np.zeros_like(mean) if m.bias is None else _array(m.bias)
    maker = call.graph.maker(x.name)
    if maker is None or maker.op not in ("Conv", "Gemm") or x.readers > 1:
        arrays = {"weight": weight, "bias": bias, "running_mean": mean, "running_var": var}
        names = [call.graph.array(f"{path}.{key}", values) for key, values in arrays.items()]
        return call.emit("BatchNormalization", x.name, *names, epsilon=float(m.eps), momentum=0.9)
    # Fold: batch-norm after a linear map is a linear map. In double, so that folding adds no error of its own.
    source, kernel, *shift = maker.inputs
    scale = weight.astype(np.float64) / np.sqrt(var.astype(np.float64) + m.eps)
    old_kernel = call.graph.arrays[kernel]
    old_shift = call.graph.arrays[shift[0]] if shift else np.zeros_like(mean)
    new_kernel = old_kernel * scale.reshape(-1, *[1] * (old_kernel.ndim - 1))
    new_shift = (old_shift - mean.astype(np.float64)) * scale + bias
    folded = f"{kernel.removesuffix('.weight')}+{path}"
    return call.emit(
        maker.op,
        source,
        call.graph.array(f"{folded}.weight", new_kernel.astype(np.float32)),
        call.graph.array(f"{folded}.bias", new_shift.astype(np.float32)),
        **maker.attributes,
    )


# --- activations ---


def _plain(op: str, *keys: object, classes: tuple[type[nn.Module], ...] = (), **attributes: Attribute) -> None:
    """Enter an operation of one tensor that is one ONNX operator with fixed attributes."""
    function(*keys)(lambda call, x: call.emit(op, x.name, **attributes))
    module(*classes)(lambda call, _m, _path, x: call.emit(op, x.name, **attributes))


_plain("Relu", F.relu, F.relu_, torch.relu, torch.relu_, "relu", "relu_", classes=(nn.ReLU,))
_plain("HardSwish", F.hardswish, classes=(nn.Hardswish,))
_plain("HardSigmoid", F.hardsigmoid, classes=(nn.Hardsigmoid,), alpha=1 / 6, beta=0.5)
_plain("Sigmoid", F.sigmoid, torch.sigmoid, "sigmoid", "sigmoid_", classes=(nn.Sigmoid,))
_plain("Tanh", F.tanh, torch.tanh, "tanh", "tanh_", classes=(nn.Tanh,))
_plain("Mish", F.mish, classes=(nn.Mish,))


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


# --- pooling and reductions ---


@function(torch.mean, "mean")
def _mean(call: Call, x: Value, dim: object, keepdim: bool = False) -> str:  # noqa: FBT001, FBT002
    axes = call.constant(_several(dim, 1))
    return call.emit("ReduceMean", x.name, axes, keepdims=int(keepdim), noop_with_empty_axes=0)


@function(F.adaptive_avg_pool2d)
def _adaptive_avg_pool2d(call: Call, x: Value, output_size: object) -> str:
    if _several(output_size, 2) != (1, 1):
        raise Unsupported(f"{call.name}: adaptive pooling to {output_size}")
    return _mean(call, x, (-1, -2), keepdim=True)


@module(nn.AdaptiveAvgPool2d)
def _adaptive_avg_pool2d_module(call: Call, m: nn.AdaptiveAvgPool2d, _path: str, x: Value) -> str:
    return _adaptive_avg_pool2d(call, x, m.output_size)


def _pool2d(call: Call, op: str, x: Value, sizes: Sequence[object], **attributes: Attribute) -> str:
    kernel, stride, padding = sizes
    if x.example.ndim != 4:
        raise Unsupported(f"{call.name}: pooling without a batch dimension")
    return call.emit(
        op,
        x.name,
        kernel_shape=_several(kernel, 2),
        strides=_several(kernel if stride is None else stride, 2),
        pads=_several(padding, 2) * 2,
        ceil_mode=0,
        **attributes,
    )


@function(F.max_pool2d)
def _max_pool2d(
    call: Call, x: Value, kernel_size: object, stride: object = None, padding: object = 0, *, dilation: object = 1
) -> str:
    return _pool2d(call, "MaxPool", x, (kernel_size, stride, padding), dilations=_several(dilation, 2), storage_order=0)


@module(nn.MaxPool2d)
def _max_pool2d_module(call: Call, m: nn.MaxPool2d, path: str, x: Value) -> str:
    if m.ceil_mode or m.return_indices:
        raise Unsupported(f"{path}: max pooling with ceil_mode or indices")
    return _max_pool2d(call, x, m.kernel_size, m.stride, m.padding, dilation=m.dilation)


@function(F.avg_pool2d)
def _avg_pool2d(
    call: Call,
    x: Value,
    kernel_size: object,
    stride: object = None,
    padding: object = 0,
    *,
    count_include_pad: bool = True,
) -> str:
    return _pool2d(call, "AveragePool", x, (kernel_size, stride, padding), count_include_pad=int(count_include_pad))


@module(nn.AvgPool2d)
def _avg_pool2d_module(call: Call, m: nn.AvgPool2d, path: str, x: Value) -> str:
    if m.ceil_mode or m.divisor_override is not None:
        raise Unsupported(f"{path}: average pooling with ceil_mode or its own divisor")
    return _avg_pool2d(call, x, m.kernel_size, m.stride, m.padding, count_include_pad=m.count_include_pad)


# --- shapes ---


@module(nn.Flatten)
def _flatten_module(call: Call, _m: nn.Flatten, _path: str, x: Value) -> str:
    return _reshape(call, x)


@function(torch.flatten, "flatten", torch.reshape, "reshape", "view")
def _reshape(call: Call, x: Value, *_sizes: object, **_named: object) -> str:
    # The example's shape says it all, so sizes computed by the network's own code need no operators.
    shape = tuple(call.result.shape)
    if shape == x.example.shape:
        return x.name
    if call.dynamic_batch:
        if not shape or shape[0] != x.example.shape[0]:
            raise Unsupported(f"{call.name}: a reshape that touches the batch dimension")
        shape = (-1, *shape[1:])
    return call.emit("Reshape", x.name, call.constant(shape), allowzero=1)


@function(torch.squeeze, "squeeze")
def _squeeze(call: Call, x: Value, dim: int) -> str:
    if call.result.ndim == x.example.ndim:
        raise Unsupported(f"{call.name}: squeezing a dimension that is not 1")
    return call.emit("Squeeze", x.name, call.constant(_several(dim, 1)))


@function(torch.permute, "permute")
def _permute(call: Call, x: Value, *dims: object) -> str:
    order = _several(dims[0] if len(dims) == 1 else dims, x.example.ndim)
    return call.emit("Transpose", x.name, perm=tuple(d % x.example.ndim for d in order))


@function(torch.cat)
def _cat(call: Call, tensors: Sequence[Value], dim: int = 0) -> str:
    return call.emit("Concat", *(x.name for x in tensors), axis=dim)


# --- arithmetic ---


def _arithmetic(op: str, neutral: float, *keys: object) -> None:
    """Enter ``a op b``; adding 0 and the like, as in Python's ``sum``, leaves no trace."""

    @function(*keys)
    def write(call: Call, a: Value | float, b: Value | float) -> str:
        for x, other in ((a, b), (b, a)) if op in ("Add", "Mul") else ((a, b),):
            if isinstance(x, Value) and isinstance(other, int | float) and other == neutral:
                return x.name
        return call.emit(op, call.operand(a), call.operand(b))


_arithmetic("Add", 0, operator.add, operator.iadd, torch.add, "add", "add_")
_arithmetic("Sub", 0, operator.sub, operator.isub, torch.sub, "sub", "sub_")
_arithmetic("Mul", 1, operator.mul, operator.imul, torch.mul, "mul", "mul_")
_arithmetic("Div", 1, operator.truediv, operator.itruediv, torch.div, "div", "div_")


# --- what leaves no trace ---


@module(nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
def _nothing_module(_call: Call, _m: nn.Module, _path: str, x: Value) -> str:
    return x.name


@function("contiguous")
def _nothing(_call: Call, x: Value) -> str:
    return x.name


@function(F.dropout, F.dropout2d)
def _dropout(call: Call, x: Value, p: float = 0.5, training: bool = True) -> str:  # noqa: FBT001, FBT002
    if training and p:
        raise Unsupported(f"{call.name}: dropout that is always on")
    return x.name
