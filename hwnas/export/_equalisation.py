"""Channels between two layers made alike in range, so that one scale for all of them loses less.

What a layer and a ReLU give may be divided by any positive number per channel, if the next layer's weights are
multiplied by it: in float32 nothing changes. A channel is divided by ``sqrt(r1 / r2)``, where `r1` is the largest value
in it on calibration examples and `r2` the next layer's largest weight for it (Nagel et al., "Data-Free Quantization
through Weight Equalization and Bias Correction", ICCV 2019; they take the first layer's weights for `r1`, which have a
scale per output here and need none of it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from onnx import ModelProto, NodeProto, numpy_helper

from hwnas.contracts.arrays import FloatArray
from hwnas.export._int8_arrays import along, output_axis
from hwnas.export._int8_plan import Int8Plan, readers_of
from hwnas.export._ranges import runner

_MOST = 1e3  # that a channel is divided or multiplied by: beyond it, it is all but dead


def equalised(model: ModelProto, made: Int8Plan, examples: Sequence[np.ndarray]) -> ModelProto:
    """The model with other weights in pairs of layers that are to be integers, and the same outputs in float32.

    Args:
        model: in float32.
        made: what becomes integers.
        examples: one array per input, ``(n, ...)`` each.
    """
    pairs = [*_pairs(model, made)]
    if not pairs:
        return model
    most = _largest(model, [made.result_of(first) for first, _ in pairs], examples)
    stored = {x.name: numpy_helper.to_array(x) for x in model.graph.initializer}
    for first, second in pairs:
        _equalise(stored, first, second, most[made.result_of(first)])
    changed = ModelProto()
    changed.CopyFrom(model)
    del changed.graph.initializer[:]
    changed.graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in stored.items())
    return changed


def _pairs(model: ModelProto, made: Int8Plan) -> Iterator[tuple[NodeProto, NodeProto]]:
    """A layer, and the only one that reads it, perhaps behind a ReLU; neither shares its arrays."""
    readers = readers_of(model)
    for first in made.layers.values():
        act = made.replaced.get(first.output[0])
        after = readers[made.result_of(first)]
        second = after[0] if len(after) == 1 else None
        if second is None or second.output[0] not in made.layers or (act is not None and act.op_type != "Relu"):
            continue
        alone = all(len(readers[name]) == 1 for name in [*first.input[1:], *second.input[1:]])
        if alone and second.input[0] == made.result_of(first) and {first.op_type, second.op_type} <= {"Conv", "Gemm"}:
            yield first, second


def _largest(model: ModelProto, values: Sequence[str], examples: Sequence[np.ndarray]) -> dict[str, FloatArray]:
    """Of each channel, the second dimension of a value."""
    most: dict[str, FloatArray] = {}
    for found in runner(model, values, examples)():
        for name in values:
            own = np.abs(found[name]).max(axis=tuple(i for i in range(found[name].ndim) if i != 1)).astype(np.float64)
            most[name] = np.maximum(most.get(name, own), own)
    return most


def _equalise(stored: dict[str, np.ndarray], first: NodeProto, second: NodeProto, most: FloatArray) -> None:
    before, after = (stored[node.input[1]].astype(np.float64) for node in (first, second))
    channel = _input_axis(second, after, len(most))
    if channel is None:
        return
    reads = np.abs(after).max(axis=tuple(i for i in range(after.ndim) if i != channel))
    usable = (most > 0) & (reads > 0)
    by = np.sqrt(np.divide(most, reads, out=np.ones_like(most), where=usable))
    by = (
        np.where(usable, np.clip(by / np.exp(np.log(by[usable]).mean()), 1 / _MOST, _MOST), 1.0) if usable.any() else by
    )
    stored[first.input[1]] = (before / along(output_axis(first, before), by, before.ndim)).astype(np.float32)
    if len(first.input) > 2:
        stored[first.input[2]] = (stored[first.input[2]] / by).astype(np.float32)
    stored[second.input[1]] = (after * along(channel, by, after.ndim)).astype(np.float32)


def _input_axis(layer: NodeProto, weights: np.ndarray, channels: int) -> int | None:
    """The dimension of a layer's weights in which every entry belongs to one channel that it reads; None: in none."""
    axis = output_axis(layer, weights)
    if weights.shape[1 - axis] == channels:
        return 1 - axis
    depthwise = weights.shape[1] == 1 and weights.shape[0] == channels
    return 0 if layer.op_type == "Conv" and depthwise else None
