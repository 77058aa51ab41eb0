"""A network with layers in INT8 as PyTorch computes it: rounded at the very places where its file has integers.

The operations of the network are listed as for its file, and between them stand PyTorch's own fake quantisers, with the
steps of the file. So it answers as the file does, but for the last digits, and gradients go straight through: it can be
trained for its integers (Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-
Only Inference", CVPR 2018; there ranges move with the training, here they stay).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch.nn.functional as F
from onnx import ModelProto, numpy_helper
from torch import Tensor, fx, nn
from torch.nn.modules.conv import _ConvNd

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.mixed import Mixed
from hwnas.contracts.ranges import grid
from hwnas.contracts.rounding import rounded_values, rounded_weights
from hwnas.contracts.search_space import InputSpec
from hwnas.export._evaluating import evaluating
from hwnas.export._graph import OUTPUT
from hwnas.export._int8_arrays import integers_of
from hwnas.export._mixed import Prepared, prepared
from hwnas.export._table import Unsupported
from hwnas.export._tracing import Traced
from hwnas.export.writer import listed

_CONVOLUTIONS = {3: F.conv1d, 4: F.conv2d, 5: F.conv3d}


def rounded(mixed: Mixed, specs: Sequence[InputSpec], calibration: Sequence[np.ndarray]) -> fx.GraphModule | None:
    """The network of `mixed` with its layers rounded as in the file; it has the very parameters of the float32 network.
    None where PyTorch's exporter writes the file, for then nothing tells which operation is which value, and where
    channels are equalised.

    Args:
        mixed: the network, on the processor.
        specs: of its inputs.
        calibration: examples that ranges are found on, one array per input, ``(n, ...)`` each.

    Raises:
        InputError: a value is no finite number, or the network does not take the inputs.
    """
    if mixed.recover == "equalize":
        return None  # its weights are not the network's
    with evaluating(mixed.float32):
        try:
            found, model = listed(mixed.float32, specs, dynamic_batch=True, batch=1)
            before = _biases(model)
            ready = prepared(model, mixed, calibration)
            operations = _Rounding(mixed, found, ready, _shifts(ready, before)).done()
            return _with_layers(fx.GraphModule(mixed.float32, operations), mixed.float32)
        except Unsupported:
            return None


class _Rounding:
    """Puts fake quantisers between the operations of a network."""

    def __init__(self, mixed: Mixed, found: Traced, ready: Prepared, shifts: Mapping[str, tuple[float, ...]]) -> None:
        self.network, self.operations, self.layers = mixed.float32, found.operations, set(mixed.int8_layers)
        self.plan, self.ranges, self.shifts = ready.plan, ready.ranges, shifts
        self.written = {n: OUTPUT if name == found.result else name for n, name in found.written.items()}
        self.restored: dict[fx.Node, fx.Node] = {}  # what integers stand for of a node's value

    def done(self) -> fx.Graph:
        """The operations, changed in place.

        Raises:
            Unsupported: a value that becomes integers is none of theirs.
        """
        if lost := sorted(set(self.plan.quantised) - set(self.written.values())):
            raise Unsupported(f"{lost[0]} is inside an operation")
        for node in list(self.operations.nodes):
            name = self.written.get(node)
            source = next((x for x in node.all_input_nodes if name is not None and self.written.get(x) == name), None)
            if source is not None:  # a node that leaves the value as it is
                if source in self.restored:
                    self.restored[node] = self.restored[source]
                continue
            self._read(node)
            made = self._with_rounded_weights(node) if self._layer_of(node) else node
            if shift := self.shifts.get(name or ""):
                made = self._shifted(made, shift)
            if name in self.plan.quantised:
                with self.operations.inserting_after(made):
                    steps = grid(self.ranges[str(name)])
                    self.restored[made] = self.operations.call_function(rounded_values, (made, *steps))
        self.operations.lint()
        return self.operations

    def _layer_of(self, node: fx.Node) -> str:
        """The layer in integers that an operation is: as a module, or as a function of its weights; else nothing."""
        if node.op == "call_module":
            return str(node.target) if node.target in self.layers else ""
        weights = (str(x.target).removesuffix(".weight") for x in node.all_input_nodes if x.op == "get_attr")
        return next((name for name in weights if name in self.layers), "")

    def _read(self, node: fx.Node) -> None:
        """Let a node read what the file's reads: what integers stand for, or the value itself."""
        always = bool(self._layer_of(node)) or self.written.get(node) in self.plan.between or node.op == "output"
        for source in node.all_input_nodes:
            if source in self.restored and (always or self.written[source] in self.plan.integers_only):
                node.replace_input_with(source, self.restored[source])

    def _with_rounded_weights(self, node: fx.Node) -> fx.Node:
        """The layer, or in its place the function of its own weights, with these rounded."""
        path = self._layer_of(node)
        with self.operations.inserting_before(node):
            weight = self.operations.get_attr(f"{path}.weight")
            own = self.operations.call_function(rounded_weights, (weight, path))
            if node.op != "call_module":
                node.replace_input_with(next(x for x in node.all_input_nodes if x.target == weight.target), own)
                return node
            module = self.network.get_submodule(path)
            bias = None if module.bias is None else self.operations.get_attr(f"{path}.bias")
            how = (module.stride, module.padding, module.dilation, module.groups) if isinstance(module, _ConvNd) else ()
            done = self.operations.call_function(_convolved if how else F.linear, (node.args[0], own, bias, *how))
        self._replace(node, done)
        self.operations.erase_node(node)
        return done

    def _shifted(self, node: fx.Node, by: Sequence[float]) -> fx.Node:
        """A node behind it, in its place for all that read it."""
        with self.operations.inserting_after(node):
            done = self.operations.call_function(shifted, (node, tuple(by)))
        self._replace(node, done)
        done.replace_input_with(done, node)
        return done

    def _replace(self, node: fx.Node, by: fx.Node) -> None:
        node.replace_all_uses_with(by)
        self.written[by] = self.written[node]


def _with_layers(made: fx.GraphModule, network: nn.Module) -> fx.GraphModule:
    """With the layers in place of the nameless modules that hold the tensors of those which became functions: what kind
    of layer a tensor is of says how it is cut from a larger one, a smaller kernel from the centre.
    """
    for path, module in [*made.named_modules()]:
        layer = network.get_submodule(path)
        if type(module) is nn.Module and not [*layer.children()]:
            parent, _, name = path.rpartition(".")
            setattr(made.get_submodule(parent), name, layer)
    return made


def _biases(model: ModelProto) -> dict[str, FloatArray]:
    """Of the float32 layers, by their outputs."""
    stored = {x.name: x for x in model.graph.initializer}
    having = (node for node in model.graph.node if node.op_type in ("Conv", "Gemm") and len(node.input) > 2)
    return {n.output[0]: numpy_helper.to_array(stored[n.input[2]]).astype(np.float64) for n in having}


def _shifts(ready: Prepared, before: Mapping[str, FloatArray]) -> dict[str, tuple[float, ...]]:
    """What each layer's biases are in integers, less what they are in the network, by its output."""
    stored = {x.name: numpy_helper.to_array(x) for x in ready.model.graph.initializer}
    shifts = {}
    for output, layer in ready.plan.layers.items():
        own = integers_of(layer, ready.plan, stored, grid(ready.ranges[layer.input[0]])[0])
        if own.bias is not None and output not in ready.plan.sums:  # rounding moves those by half a step at most
            exact = own.bias * own.bias_steps.astype(np.float64)
            shifts[output] = tuple((exact - before.get(output, 0.0)).tolist())
    return shifts


def shifted(x: Tensor, by: Sequence[float]) -> Tensor:
    """Moved by a number per channel, which is the last dimension of a matrix product's result, and else the second."""
    return x + x.new_tensor(by).reshape(-1, *[1] * (x.ndim - 2))


def _convolved(x: Tensor, weight: Tensor, bias: Tensor | None, *how: Any) -> Tensor:  # noqa: ANN401  as layers have it
    return _CONVOLUTIONS[weight.ndim](x, weight, bias, *how)
