"""Which values of a graph become integers, when some of its layers are to be computed in them.

ONNX Runtime computes an operator in integers where all it reads comes from DequantizeLinear and its result goes to
QuantizeLinear. So the inputs and results of the chosen layers are quantised; an activation that a range can stand for
(ReLU, clipping) is left out, as integers below zero or above the range are clipped anyway; and what merely joins or
pools integers between two such layers is done on integers, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, numpy_helper

from hwnas.contracts.errors import InputError, quoted

WITH_WEIGHTS = ("Conv", "Gemm", "MatMul")
SAME_RANGE = ("MaxPool", "Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze")  # move integers as they are
BETWEEN = (*SAME_RANGE, "Add", "Concat", "AveragePool", "GlobalAveragePool")
CLIPPING = ("Relu", "Clip")


@dataclass
class Int8Plan:
    """Args:

    layers: nodes with weights that are computed in integers, by their one output.
    between: outputs of nodes without weights that are computed in integers, too.
    replaced: activations left out, by the output of the layer before them: the node itself.
    quantised: every value that becomes integers, in the order of the graph.
    shares: values with the range of another one, which they are moved from.
    sums: what adds a bias to the product of a layer that has no place for one, by the product.
    """

    layers: dict[str, NodeProto] = field(default_factory=dict)
    between: set[str] = field(default_factory=set)
    replaced: dict[str, NodeProto] = field(default_factory=dict)
    quantised: list[str] = field(default_factory=list)
    shares: dict[str, str] = field(default_factory=dict)
    sums: dict[str, NodeProto] = field(default_factory=dict)

    def result_of(self, node: NodeProto) -> str:
        """The value that a layer's result is known by: that of the activation it makes needless, or its own."""
        own: str = node.output[0]
        return str(self.replaced[own].output[0]) if own in self.replaced else own

    def source_of(self, value: str) -> str:
        """The value that its range is of."""
        return self.source_of(self.shares[value]) if value in self.shares else value

    def bias_of(self, layer: NodeProto) -> tuple[NodeProto, int] | None:
        """The node that reads the bias of a layer, and as which of its inputs; None where it has none."""
        if (adding := self.sums.get(layer.output[0])) is not None:
            return adding, 1 - list(adding.input).index(layer.output[0])
        return (layer, 2) if len(layer.input) > 2 else None

    @cached_property
    def integers_only(self) -> set[str]:
        """Values that are there as integers only: what is computed in them."""
        return {self.result_of(node) for node in self.layers.values()} | self.between


def layer_of(array: str) -> str:
    """The layer that an array of a file belongs to: ``stem.conv+stem.norm.weight`` is of ``stem.conv``."""
    path = array.removesuffix(".T").removesuffix(".weight")
    return path.partition("+")[0]


def plan(model: ModelProto, weights: Mapping[str, np.ndarray]) -> Int8Plan:
    """What becomes integers for layers with these weights, by their names.

    Raises:
        InputError: a layer is not in the file, with weights of its own.
    """
    arrays = {x.name for x in model.graph.initializer}
    readers = readers_of(model)
    made = Int8Plan()
    owners = _owners(model, weights)
    found = set[str]()
    for node in model.graph.node:
        if node.op_type in WITH_WEIGHTS and node.input[1] in owners:
            found.add(owners[node.input[1]])
            made.layers[node.output[0]] = node
    if missing := sorted(set(weights) - found):
        raise InputError(
            f"Layer {quoted(missing[0])} should be computed in INT8, but the file that the network was written to has "
            "no convolution or matrix product of that name; keep it in float32."
        )
    for output in made.layers:
        after = readers[output]
        if len(after) == 1 and after[0] is not None and _clips(after[0], arrays):
            made.replaced[output] = after[0]
    _quantise(model, made, readers, arrays)
    made.sums = dict(_sums(model, made, readers))
    return made


def _owners(model: ModelProto, weights: Mapping[str, np.ndarray]) -> dict[str, str]:
    """The layer that each array belongs to: by its name, or, where an exporter has turned it and given it another one,
    by its values.
    """
    owners = {x.name: layer_of(x.name) for x in model.graph.initializer if layer_of(x.name) in weights}
    lacking = {layer: weights[layer] for layer in weights if layer not in owners.values()}
    read = {node.input[1] for node in model.graph.node if node.op_type in WITH_WEIGHTS} if lacking else set[str]()
    for array in model.graph.initializer:
        if array.name in read and array.name not in owners:
            values = numpy_helper.to_array(array)
            for layer, own in lacking.items():
                if np.array_equal(values, own) or np.array_equal(values, own.T):
                    owners.setdefault(array.name, layer)
    return owners


def readers_of(model: ModelProto) -> dict[str, list[NodeProto | None]]:
    """The nodes that read each value; None for whoever runs the model."""
    readers: dict[str, list[NodeProto | None]] = defaultdict(list)
    for node in model.graph.node:
        for name in node.input:
            readers[name].append(node)
    for output in model.graph.output:
        readers[output.name].append(None)
    return readers


def _clips(node: NodeProto, arrays: Collection[str]) -> bool:
    return node.op_type in CLIPPING and all(name in arrays for name in node.input[1:] if name)


def _quantise(
    model: ModelProto, made: Int8Plan, readers: dict[str, list[NodeProto | None]], arrays: Collection[str]
) -> None:
    wanted = _wanted(model, made, readers)
    into = {node.input[0] for node in made.layers.values()}  # what layers read
    quantised: dict[str, None] = {}
    left_out = {node.output[0] for node in made.replaced.values()}
    for value in (x.name for x in model.graph.input if x.name in into):
        quantised[value] = None
    for node in model.graph.node:
        own = node.output[0]
        if own in left_out:
            continue
        if own in made.layers:
            result = made.result_of(node)
            if node.op_type == "Conv" or result in wanted:  # no integer convolution gives float32
                quantised[result] = None
            elif own in made.replaced:
                left_out.remove(made.replaced.pop(own).output[0])  # it goes on in float32
        elif node.op_type in BETWEEN and own in wanted and _all_integers(node, quantised, arrays):
            made.between.add(own)
            quantised[own] = None
            if node.op_type in SAME_RANGE:
                made.shares[own] = node.input[0]
        else:
            quantised.update(dict.fromkeys(name for name in node.output if name in into))
    made.quantised = list(quantised)


def _sums(
    model: ModelProto, made: Int8Plan, readers: dict[str, list[NodeProto | None]]
) -> Iterator[tuple[str, NodeProto]]:
    """What adds a bias to a product and is all that reads it, by the product; of those that stay no integers."""
    shapes = {x.name: list(x.dims) for x in model.graph.initializer}
    for output, layer in made.layers.items():
        (adding, *others) = readers[output]
        if layer.op_type == "MatMul" and adding is not None and adding.op_type == "Add" and not others:
            biases = [name for name in adding.input if shapes.get(name) == shapes[layer.input[1]][-1:]]
            if biases and output not in made.quantised:
                yield output, adding


def _wanted(model: ModelProto, made: Int8Plan, readers: dict[str, list[NodeProto | None]]) -> set[str]:
    """Values that a layer in integers reads, perhaps behind nodes that could be computed in integers."""
    wanted = set[str]()
    for node in reversed(model.graph.node):
        for output in node.output:
            for reader in readers[output]:
                if reader is None:
                    continue
                reads = reader.output[0] in made.layers and reader.input[0] == output
                if reads or (reader.op_type in BETWEEN and reader.output[0] in wanted):
                    wanted.add(output)
    return wanted


def _all_integers(node: onnx.NodeProto, quantised: Collection[str], arrays: Collection[str]) -> bool:
    """Whether all it reads is quantised, but for numbers that say how, such as a shape."""
    data = [name for name in node.input if name and name not in arrays]
    moved = node.op_type in SAME_RANGE or len(data) == len(node.input)
    return bool(data) and moved and all(name in quantised for name in data)
