"""How wide the layers of a model are, as its file says: in the graph that a runtime makes of it they may be padded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onnx import NodeProto, helper

from hwnas.export.model_file import read_model

_WEIGHTS = {"Conv": 1, "ConvTranspose": 1, "Gemm": 1, "MatMul": 1, "QLinearConv": 3, "QLinearMatMul": 3}
"""Operators of layers, and which of their inputs the weights are."""
_SAME_SHAPE = {"DequantizeLinear", "QuantizeLinear", "Cast", "Identity"}
Shape = tuple[int, ...]


def widths_of(path: Path) -> dict[str, int]:
    """Output channels of every convolution and matrix product whose weights the file holds, by the layer's name.

    None of a file in ONNX Runtime's own format.

    Raises:
        InputError: it is no model.
    """
    model = read_model(path)
    if model is None:
        return {}
    graph = model.graph
    stored = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    widths = {}
    for node in graph.node:
        at = _WEIGHTS.get(node.op_type, len(node.input))
        shape = _shape(node.input[at], stored, makers) if at < len(node.input) else None
        if shape is not None and len(shape) > 1:
            widths[node.name or node.output[0]] = _width(node, shape)
    return widths


def _shape(name: str, stored: Mapping[str, Shape], makers: Mapping[str, NodeProto]) -> Shape | None:
    """The shape of a value that depends on nothing but the file; None of any other, and where it is not told."""
    if name in stored:
        return stored[name]
    node = makers.get(name)
    if node is None:
        return None
    if node.op_type in _SAME_SHAPE:
        return _shape(node.input[0], stored, makers)
    if node.op_type == "Transpose" and (shape := _shape(node.input[0], stored, makers)) is not None:
        order = _attribute(node, "perm", range(len(shape))[::-1])
        return tuple(shape[i] for i in order)
    value = _attribute(node, "value", None) if node.op_type == "Constant" else None
    return None if value is None else tuple(value.dims)


def _width(node: NodeProto, weights: Shape) -> int:
    if node.op_type == "ConvTranspose":
        return weights[1] * int(_attribute(node, "group", 1))
    if node.op_type in {"Conv", "QLinearConv"} or _attribute(node, "transB", 0):
        return weights[0]
    return weights[-1]


def _attribute(node: NodeProto, name: str, default: object) -> Any:  # noqa: ANN401  whatever it is in the file
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)
