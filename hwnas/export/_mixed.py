"""A file some of whose layers are computed in 8-bit integers, made of the float32 one and the ranges of its values.

Weights become int8 with a scale per output channel, what layers read and give uint8 with a scale and a zero point per
value: on x86-64 the vector instructions multiply unsigned by signed bytes. Biases become int32. All else stays as it
was written, batch-norm folded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from onnx import ModelProto, NodeProto, helper, numpy_helper

from hwnas.contracts.errors import InputError
from hwnas.contracts.mixed import Mixed, no_scale
from hwnas.contracts.ranges import Range
from hwnas.export._int8_plan import Int8Plan, layer_of, plan
from hwnas.export._ranges import find_ranges

_MOST, _LEVELS = 127, 255
_BIAS_MOST = 2**30  # of int32, with room for the sums it is added to
METHOD = "static QDQ: activations uint8 per tensor, weights int8 per channel"


def with_integers(model: ModelProto, mixed: Mixed, examples: Sequence[np.ndarray]) -> ModelProto:
    """`model` with the layers of `mixed` computed in integers, their ranges found on `examples`.

    Raises:
        InputError: a layer is not in the model, or a value or a weight is no finite number.
    """
    made = plan(model, {name: _weights_of(mixed, name) for name in mixed.int8_layers})
    if not made.layers:
        return model
    own = [name for name in made.quantised if name not in made.shares]
    ranges = find_ranges(model, own, examples, mixed.ranges)
    return _Rewriting(model, made, ranges).done()


def _weights_of(mixed: Mixed, layer: str) -> np.ndarray:
    """Of a layer; none where there is no layer of that name."""
    weights = dict(mixed.float32.named_parameters()).get(f"{layer}.weight")
    return np.zeros(0) if weights is None else weights.detach().cpu().numpy()


@dataclass
class _Rewriting:
    model: ModelProto
    plan: Int8Plan
    ranges: Mapping[str, Range]
    nodes: list[NodeProto] = field(default_factory=list)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    scales: dict[str, float] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def done(self) -> ModelProto:
        """The whole model."""
        stored = {x.name: numpy_helper.to_array(x) for x in self.model.graph.initializer}
        left_out = {node.output[0] for node in self.plan.replaced.values()}
        for name in (x.name for x in self.model.graph.input):
            if name in self.plan.quantised:
                self._to_integers(name, name)
        for node in self.model.graph.node:
            if node.output[0] not in left_out:
                self._rewrite(node, stored)
        return self._model(stored)

    def _rewrite(self, node: NodeProto, stored: Mapping[str, np.ndarray]) -> None:
        own = node.output[0]
        copy = NodeProto()
        copy.CopyFrom(node)
        result = self.plan.result_of(node)
        if own in self.plan.layers:
            self._read_integers(copy, stored)
        else:
            for i, name in enumerate(node.input):
                if name in self.scales and (own in self.plan.between or name in self._integers_only):
                    copy.input[i] = self._restored(name)
        self.nodes.append(copy)
        copy.output[0] = result
        if result in self.plan.quantised:
            copy.output[0] = f"{self._short(result)}f" if result in self._last else result
            self._to_integers(result, copy.output[0])

    @cached_property
    def _integers_only(self) -> set[str]:
        """Values that are there as integers only: what is computed in them."""
        return {self.plan.result_of(node) for node in self.plan.layers.values()} | self.plan.between

    @cached_property
    def _last(self) -> set[str]:
        return {x.name for x in self.model.graph.output}

    def _restored(self, name: str) -> str:
        """What is read of quantised values; whoever runs the model reads the last one under its own name."""
        return name if name in self._last else f"{self._short(name)}r"

    def _short(self, name: str) -> str:
        """A beginning for names of what belongs to a value: with whole ones, a small file would double."""
        return f":{self.numbers.setdefault(name, len(self.numbers))}"  # no name from PyTorch begins so

    def _to_integers(self, name: str, source: str) -> None:
        scale, zero = self._scale(name)
        self.scales[name] = scale
        grid = self._grid(name, np.asarray(scale, np.float32), np.asarray(zero, np.uint8))
        self.nodes += [
            helper.make_node("QuantizeLinear", [source, *grid], [f"{self._short(name)}q"]),
            helper.make_node("DequantizeLinear", [f"{self._short(name)}q", *grid], [self._restored(name)]),
        ]

    def _scale(self, name: str) -> tuple[float, int]:
        """Step and zero point."""
        if name in self.plan.shares:
            return self._scale(self.plan.shares[name])
        low, high = self.ranges[name]
        scale = (high - low) / _LEVELS
        if scale < np.finfo(np.float32).tiny:
            return 1.0, 0  # it is 0 on every example
        return scale, int(np.clip(round(-low / scale), 0, _LEVELS))

    def _grid(self, name: str, scale: np.ndarray, zero: np.ndarray) -> list[str]:
        short = self._short(name)
        self.arrays[f"{short}s"], self.arrays[f"{short}z"] = scale, zero
        return [f"{short}s", f"{short}z"]

    def _read_integers(self, layer: NodeProto, stored: Mapping[str, np.ndarray]) -> None:
        """Let a layer read integers: its input, its weights and its bias."""
        source, name = layer.input[:2]
        weights = stored[name].astype(np.float64)
        transposed = any(a.name == "transB" and a.i for a in layer.attribute)
        axis = 0 if layer.op_type == "Conv" or transposed else weights.ndim - 1
        most = np.abs(weights).max(axis=tuple(i for i in range(weights.ndim) if i != axis))
        if not np.isfinite(most).all():
            raise InputError(no_scale(layer_of(name)))
        scales = most / _MOST
        bias = stored[layer.input[2]].astype(np.float64) if len(layer.input) > 2 else None
        if bias is not None:
            scales = np.maximum(scales, np.abs(bias) / (self.scales[source] * _BIAS_MOST))
        scales = np.where(scales < np.finfo(np.float32).tiny, 1.0, scales).astype(np.float32)
        along = scales.reshape([-1 if i == axis else 1 for i in range(weights.ndim)])
        integers = np.clip(np.rint(weights / along), -_MOST, _MOST).astype(np.int8)
        layer.input[0], layer.input[1] = self._restored(source), self._stored(name, integers, scales, axis)
        if bias is not None:
            steps = scales * np.float32(self.scales[source])
            # Another layer may have the same bias, and read other integers.
            own = f"{layer.input[2]}:{layer.output[0]}"
            layer.input[2] = self._stored(own, np.rint(bias / steps).astype(np.int32), steps, 0)

    def _stored(self, name: str, integers: np.ndarray, scales: np.ndarray, axis: int) -> str:
        """Keep integers, and give the name of what they stand for."""
        stored, restored = f"{self._short(name)}i", f"{self._short(name)}r"
        if stored not in self.arrays:
            self.arrays[stored] = integers
            grid = self._grid(name, scales, np.zeros(len(scales), integers.dtype))
            self.nodes.append(helper.make_node("DequantizeLinear", [stored, *grid], [restored], axis=axis))
        return restored

    def _model(self, stored: Mapping[str, np.ndarray]) -> ModelProto:
        used = {name for node in self.nodes for name in node.input}
        model = ModelProto()
        model.CopyFrom(self.model)
        del model.graph.node[:]
        del model.graph.initializer[:]
        model.graph.node.extend(self.nodes)
        arrays = {**{name: values for name, values in stored.items() if name in used}, **self.arrays}
        model.graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in arrays.items())
        return model
