"""Recurrent layers: each layer of a stack is one operator, which runs in both directions where it has two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from hwnas.export._graph import Attribute
from hwnas.export._table import NOT_WRITTEN, Call, Unsupported, Value, module
from hwnas.export._table_shapes import transposed
from hwnas.export._table_weights import array_of

_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}
"""Which of PyTorch's gates stand where ONNX has its first, second and further ones."""


@module(nn.LSTM, nn.GRU, nn.RNN, also=[NOT_WRITTEN])
def _recurrent(call: Call, m: nn.RNNBase, path: str, x: Value, hx: Value | Sequence[Value] | None = None) -> object:
    """States are ``(layers * directions, batch, width)``; an operator gives ``(time, directions, batch, width)``."""
    op, directions = m.mode.partition("_")[0], 1 + m.bidirectional
    if x.example.ndim != 3 or not x.name or m.proj_size:
        raise Unsupported(f"{path}: a recurrent layer of one example, or with projections")
    given = [] if hx is None else [hx] if isinstance(hx, Value) else hx
    begins = list(zip(*(_by_layer(call, m, state) for state in given), strict=True)) or [()] * m.num_layers
    how: dict[str, Attribute] = {"direction": ("forward", "bidirectional")[m.bidirectional]}
    how["hidden_size"] = m.hidden_size
    if op == "GRU":
        how["linear_before_reset"] = 1
    if op == "RNN":
        how["activations"] = ("Relu" if m.mode == "RNN_RELU" else "Tanh",) * directions
    sequence, ends = transposed(call, x, (1, 0, 2)) if m.batch_first else x.name, []
    for layer, begin in enumerate(begins):
        arrays = [_stacked(call, m, path, f"{kind}_l{layer}") for kind in ("weight_ih", "weight_hh", "bias")]
        outputs = call.emit_several(
            2 + (op == "LSTM"), op, sequence, *arrays, *(["", *begin] if any(begin) else []), **how
        )  # the empty one: lengths of sequences
        ends.append(outputs[1:])
        if directions == 1:
            sequence = call.emit("Squeeze", outputs[0], call.constant([1]))
        else:
            apart = call.emit("Transpose", outputs[0], perm=(0, 2, 1, 3))
            sequence = call.emit("Reshape", apart, call.constant([0, 0, directions * m.hidden_size]))
    result = call.emit("Transpose", sequence, perm=(1, 0, 2)) if m.batch_first else sequence
    states = [call.emit("Concat", *parts, axis=0) if len(parts) > 1 else parts[0] for parts in zip(*ends, strict=True)]
    return result, tuple(states) if op == "LSTM" else states[0]


def _by_layer(call: Call, m: nn.RNNBase, state: Value) -> Sequence[str]:
    """What each layer begins with; nothing is zeros."""
    if state.constant and not state.example.any():
        return [""] * m.num_layers
    if not state.name:
        raise Unsupported(f"{call.name}: a state that depends on the size of the batch")
    if m.num_layers == 1:
        return [state.name]
    each = call.constant([1 + m.bidirectional] * m.num_layers)
    return call.emit_several(m.num_layers, "Split", state.name, each, axis=0)


def _stacked(call: Call, m: nn.RNNBase, path: str, name: str) -> str:
    """An array for all directions, its gates in ONNX's order; of the two biases one behind the other."""
    if name.startswith("bias") and not m.bias:
        return ""
    kinds = [name.replace("bias", f"bias_{of}") for of in ("ih", "hh")] if name.startswith("bias") else [name]
    ends = ["", "_reverse"] if m.bidirectional else [""]
    order = _GATES[m.mode.partition("_")[0]]

    def ordered(tensor: Tensor) -> np.ndarray:
        gates = np.split(array_of(tensor), len(order))
        return np.concatenate([gates[i] for i in order])

    rows = [np.concatenate([ordered(getattr(m, f"{kind}{end}")) for kind in kinds]) for end in ends]
    return call.graph.array(f"{path}.{name}", np.stack(rows))
