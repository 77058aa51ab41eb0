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

from hwnas.contracts.mixed import Mixed
from hwnas.contracts.ranges import Range, grid
from hwnas.export._bias_correction import with_biases_corrected
from hwnas.export._equalisation import equalised
from hwnas.export._int8_arrays import integers_of
from hwnas.export._int8_plan import Int8Plan, plan
from hwnas.export._ranges import find_ranges

METHOD = "static QDQ: activations uint8 per tensor, weights 7 bits per channel"


def with_integers(model: ModelProto, mixed: Mixed, examples: Sequence[np.ndarray]) -> ModelProto:
    """`model` with the layers of `mixed` computed in integers, their ranges found on `examples`.

    Raises:
        InputError: a layer is not in the model, or a value or a weight is no finite number.
    """
    ready = prepared(model, mixed, examples)
    return _Rewriting(ready.model, ready.plan, ready.ranges).done() if ready.plan.layers else model


@dataclass(frozen=True)
class Prepared:
    """A model in float32, which of its values become integers, and the range of each."""

    model: ModelProto
    plan: Int8Plan
    ranges: Mapping[str, Range]


def prepared(model: ModelProto, mixed: Mixed, examples: Sequence[np.ndarray]) -> Prepared:
    """What the integers of `mixed` are made of; the model as it is, or with what is recovered.

    Raises:
        InputError: as above.
    """
    made = plan(model, {name: _weights_of(mixed, name) for name in mixed.int8_layers})
    if not made.layers:
        return Prepared(model, made, {})
    if mixed.recover == "equalize":
        model = equalised(model, made, examples)
    own = [name for name in made.quantised if name not in made.shares]
    found = find_ranges(model, own, examples, mixed.ranges)
    ranges = {name: found[made.source_of(name)] for name in made.quantised}
    if mixed.recover == "bias":
        with_biases_corrected(model, made, ranges, examples)
    return Prepared(model, made, ranges)


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
    biases: dict[tuple[str, int], str] = field(default_factory=dict)  # by the node that reads one, and as which input

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
                if name in self.scales and (own in self.plan.between or name in self.plan.integers_only):
                    copy.input[i] = self._restored(name)
        for i, name in enumerate(copy.input):
            copy.input[i] = self.biases.get((own, i), name)
        self.nodes.append(copy)
        copy.output[0] = result
        if result in self.plan.quantised:
            copy.output[0] = f"{self._short(result)}f" if result in self._last else result
            self._to_integers(result, copy.output[0])

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
        scale, zero = grid(self.ranges[name])
        self.scales[name] = scale
        steps = self._grid(name, np.asarray(scale, np.float32), np.asarray(zero, np.uint8))
        self.nodes += [
            helper.make_node("QuantizeLinear", [source, *steps], [f"{self._short(name)}q"]),
            helper.make_node("DequantizeLinear", [f"{self._short(name)}q", *steps], [self._restored(name)]),
        ]

    def _grid(self, name: str, scale: np.ndarray, zero: np.ndarray) -> list[str]:
        short = self._short(name)
        self.arrays[f"{short}s"], self.arrays[f"{short}z"] = scale, zero
        return [f"{short}s", f"{short}z"]

    def _read_integers(self, layer: NodeProto, stored: Mapping[str, np.ndarray]) -> None:
        """Let a layer read integers: its input, its weights and its bias."""
        source, name = layer.input[:2]
        own = integers_of(layer, self.plan, stored, self.scales[source])
        layer.input[0], layer.input[1] = self._restored(source), self._stored(name, own.weights, own.scales, own.axis)
        if own.bias is not None and (place := self.plan.bias_of(layer)) is not None:
            reader, i = place
            # Another layer may have the same bias, and read other integers.
            bias = self._stored(f"{reader.input[i]}:{layer.output[0]}", own.bias, own.bias_steps, 0)
            self.biases[reader.output[0], i] = bias

    def _stored(self, name: str, integers: np.ndarray, scales: np.ndarray, axis: int) -> str:
        """Keep integers, and give the name of what they stand for."""
        stored, restored = f"{self._short(name)}i", f"{self._short(name)}r"
        if stored not in self.arrays:
            self.arrays[stored] = integers
            steps = self._grid(name, scales, np.zeros(len(scales), integers.dtype))
            self.nodes.append(helper.make_node("DequantizeLinear", [stored, *steps], [restored], axis=axis))
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
