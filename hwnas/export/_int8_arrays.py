"""The integers that stand for a layer's weights and bias in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from onnx import NodeProto

from hwnas.contracts.errors import InputError
from hwnas.contracts.mixed import no_scale
from hwnas.contracts.ranges import MOST_INT8
from hwnas.export._int8_plan import Int8Plan, layer_of

_BIAS_MOST = 2**30  # of int32, with room for the sums it is added to


@dataclass(frozen=True)
class Integers:
    """Args:

    weights: int8, as the array in the file.
    scales: of the weights, one per output, float32.
    axis: of the outputs, in `weights`.
    bias: int32, one per output; None: there is none.
    source_step: of the values that the layer reads.
    """

    weights: np.ndarray
    scales: np.ndarray
    axis: int
    bias: np.ndarray | None
    source_step: float

    @cached_property
    def bias_steps(self) -> np.ndarray:
        """One per output, float32."""
        return np.asarray(self.scales * np.float32(self.source_step))

    @property
    def restored(self) -> np.ndarray:
        """What the weights stand for, float32."""
        return np.asarray(self.weights.astype(np.float32) * along(self.axis, self.scales, self.weights.ndim))


def integers_of(layer: NodeProto, made: Int8Plan, stored: Mapping[str, np.ndarray], source_step: float) -> Integers:
    """Of a convolution or a matrix product with arrays of its own, which reads values in steps of `source_step`.

    Raises:
        InputError: a weight is no finite number.
    """
    name = layer.input[1]
    weights = stored[name].astype(np.float64)
    axis = output_axis(layer, weights)
    most = np.abs(weights).max(axis=tuple(i for i in range(weights.ndim) if i != axis))
    if not np.isfinite(most).all():
        raise InputError(no_scale(layer_of(name)))
    scales = most / MOST_INT8
    place = made.bias_of(layer)
    bias = None if place is None else stored[place[0].input[place[1]]].astype(np.float64)
    if bias is not None:
        scales = np.maximum(scales, np.abs(bias) / (source_step * _BIAS_MOST))
    scales = np.where(scales < np.finfo(np.float32).tiny, 1.0, scales).astype(np.float32)
    integers = np.clip(np.rint(weights / along(axis, scales, weights.ndim)), -MOST_INT8, MOST_INT8).astype(np.int8)
    own = Integers(integers, scales, axis, None, source_step)
    return own if bias is None else replace(own, bias=np.rint(bias / own.bias_steps).astype(np.int32))


def output_axis(layer: NodeProto, weights: np.ndarray) -> int:
    """The dimension of a layer's weights that its outputs are counted in."""
    transposed = any(a.name == "transB" and a.i for a in layer.attribute)
    return 0 if layer.op_type == "Conv" or transposed else weights.ndim - 1


def along(axis: int, values: np.ndarray, ndim: int) -> np.ndarray:
    """One value per output, to be multiplied with weights of so many dimensions."""
    return values.reshape([-1 if i == axis else 1 for i in range(ndim)])
