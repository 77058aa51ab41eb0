"""The ONNX graph while it is being written: nothing in it is ever changed, so equal nodes are one node.

Replacing a node means adding another one; what the output does not need is left out at the end. That makes
folding batch-norm into a convolution safe whoever else reads the convolution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper

OPSET = 20  # the first with Gelu as one operator; every onnxruntime since 1.17 runs it
IR_VERSION = 10  # accepted by every onnxruntime since 1.19; what PyTorch's own exporter writes
OUTPUT = "logits"

Attribute = int | float | str | tuple[int, ...] | tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """One operator with what it gives, most often one value."""

    op: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    outputs: tuple[str, ...]

    def to_proto(self, inputs: Sequence[str], outputs: Sequence[str]) -> onnx.NodeProto:
        """In ONNX's own form, its values called as given."""
        proto = helper.make_node(self.op, inputs, outputs, name=self.outputs[0])
        proto.attribute.extend(helper.make_attribute(key, value) for key, value in self.attributes.items())
        return proto


def _fill(tensor: onnx.TensorProto, name: str, values: np.ndarray) -> None:
    """Write an array where it stays: a message that is made apart is copied into the graph, and that into the model."""
    tensor.name, tensor.data_type = name, helper.np_dtype_to_tensor_dtype(values.dtype)
    tensor.dims.extend(values.shape)
    tensor.raw_data = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


class Graph:
    """Nodes in the order they run, and the arrays they read, by name."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self.nodes: list[Node] = []
        self.arrays: dict[str, np.ndarray] = {}
        self._known: dict[tuple[object, ...], tuple[str, ...]] = {}
        self._makers: dict[str, Node] = {}
        self._given = {OUTPUT, *inputs}
        self._taken = {*self._given}

    def emit(self, name: str, op: str, inputs: Sequence[str], attributes: Mapping[str, Attribute]) -> str:
        """Name of the value ``op(inputs)``; called `name` unless the same value is already there."""
        return self.emit_several([name], op, inputs, attributes)[0]

    def emit_several(
        self, names: Sequence[str], op: str, inputs: Sequence[str], attributes: Mapping[str, Attribute]
    ) -> tuple[str, ...]:
        """Names of the values that ``op(inputs)`` gives, likewise."""
        key = (op, tuple(inputs), tuple(sorted(attributes.items())))
        if key not in self._known:
            node = Node(op, tuple(inputs), dict(attributes), tuple(map(self._free, names)))
            self.nodes.append(node)
            self._makers.update(dict.fromkeys(node.outputs, node))
            self._known[key] = node.outputs
        return self._known[key]

    def _free(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name

    def maker(self, value: str) -> Node | None:
        """The node that computes `value`; None for an input or an array."""
        return self._makers.get(value)

    def array(self, name: str, values: np.ndarray) -> str:
        """Keep an array that belongs to the network under its own name, unless an input or another is called so."""
        while name in self._given or (name in self.arrays and not np.array_equal(self.arrays[name], values)):
            name += "_"
        self.arrays[name] = values
        return name

    def constant(self, values: np.ndarray) -> str:
        """Keep a small array found in the code; equal ones are kept once."""
        key = ("constant", values.dtype.str, values.shape, values.tobytes())
        if key not in self._known:
            self._known[key] = (self.array(f"constant.{len(self._known)}", values),)
        return self._known[key][0]

    def to_model(
        self, inputs: Sequence[onnx.ValueInfoProto], result: str, output: onnx.ValueInfoProto
    ) -> onnx.ModelProto:
        """The finished model: only what `result` needs, with `result` renamed to the output's name."""
        names = {result: output.name}
        nodes = [
            node.to_proto(*([names.get(name, name) for name in values] for values in (node.inputs, node.outputs)))
            for node in self._needed(result)
        ]
        model = helper.make_model(
            helper.make_graph(nodes, "network", list(inputs), [output]),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="hwnas",
        )
        used = {name for node in nodes for name in node.input}
        for name, values in self.arrays.items():
            if name in used:
                _fill(model.graph.initializer.add(), name, values)
        return model

    def _needed(self, result: str) -> list[Node]:
        wanted = {result}
        needed = []
        for node in reversed(self.nodes):
            if wanted.intersection(node.outputs):
                wanted.update(node.inputs)
                needed.append(node)
        return needed[::-1]
