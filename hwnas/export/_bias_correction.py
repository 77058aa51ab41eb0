"""Biases that make up for what integers shift a layer's outputs by, on average.

Rounded weights, and ranges that cut values off, move the mean of an output: the mean is found on calibration examples,
of the layer alone, which reads what the float32 network reads there, and taken off the bias (Nagel et al., "Data-Free
Quantization through Weight Equalization and Bias Correction", ICCV 2019, who correct one layer after the other).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from onnx import ModelProto, NodeProto, helper, numpy_helper

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.ranges import Range, grid
from hwnas.export._int8_arrays import Integers, integers_of
from hwnas.export._int8_plan import Int8Plan
from hwnas.export._ranges import runner

_HAVE_BIAS = ("Conv", "Gemm")


def with_biases_corrected(
    model: ModelProto, made: Int8Plan, ranges: Mapping[str, Range], examples: Sequence[np.ndarray]
) -> None:
    """Give the layers of `model` that are to be integers other biases; a product of matrices has none and keeps that.

    Args:
        model: in float32; changed in place, as are the layers in `made`, which are its own.
        made: what becomes integers.
        ranges: of these values.
        examples: that shifts are found on, one array per input, ``(n, ...)`` each.
    """
    stored = {x.name: numpy_helper.to_array(x) for x in model.graph.initializer}
    layers = {output: node for output, node in made.layers.items() if node.op_type in _HAVE_BIAS}
    own = {output: integers_of(node, made, stored, grid(ranges[node.input[0]])[0]) for output, node in layers.items()}
    shifts = _shifts(model, layers, own, ranges, examples)
    for output, node in layers.items():
        before = stored[node.input[2]] if len(node.input) > 2 else np.zeros(len(shifts[output]), np.float32)
        name = f"{node.input[1]}:{output}:corrected"  # another layer may share the old one
        model.graph.initializer.append(numpy_helper.from_array((before - shifts[output]).astype(np.float32), name))
        del node.input[2:]
        node.input.append(name)


def _shifts(
    model: ModelProto,
    layers: Mapping[str, NodeProto],
    own: Mapping[str, Integers],
    ranges: Mapping[str, Range],
    examples: Sequence[np.ndarray],
) -> dict[str, FloatArray]:
    """Mean of what each layer gives in integers minus in float32, per output."""
    both = ModelProto()
    both.CopyFrom(model)
    for output, node in layers.items():
        _add_beside(both, node, own[output], ranges[node.input[0]])
        dims = [0, *range(2, own[output].weights.ndim)] if node.op_type == "Conv" else [0]
        axes = numpy_helper.from_array(np.array(dims, np.int64), f"{output}:axes")
        both.graph.initializer.append(axes)
        both.graph.node.extend(
            [
                helper.make_node("Sub", [f"{output}:integers", output], [f"{output}:off"]),
                helper.make_node("ReduceMean", [f"{output}:off", axes.name], [f"{output}:shift"], keepdims=0),
            ]
        )
    names = [f"{output}:shift" for output in layers]
    runs = [*runner(both, names, examples)()]
    return {output: np.mean([found[f"{output}:shift"] for found in runs], axis=0) for output in layers}


def _add_beside(model: ModelProto, node: NodeProto, own: Integers, found: Range) -> None:
    """The layer once more, on what its integers stand for."""
    output, (step, zero) = node.output[0], grid(found)
    copy = NodeProto()
    copy.CopyFrom(node)
    copy.name, copy.output[0] = f"{output}:integers", f"{output}:integers"
    copy.input[0], copy.input[1] = f"{output}:read", f"{output}:weights"
    arrays = {"step": np.float32(step), "zero": np.uint8(zero), "weights": own.restored}
    for name, values in arrays.items():
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(values), f"{output}:{name}"))
    steps = [f"{output}:step", f"{output}:zero"]
    model.graph.node.extend(
        [
            helper.make_node("QuantizeLinear", [node.input[0], *steps], [f"{output}:q"]),
            helper.make_node("DequantizeLinear", [f"{output}:q", *steps], [f"{output}:read"]),
            copy,
        ]
    )
