"""Small ONNX models to time: chains of matrix products, so that more of them take longer, and look-ups."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = [helper.make_opsetid("", 17)]


def write_chain(path: Path, length: int, width: int = 64) -> Path:
    """`length` products of a ``(batch, width)`` input with a ``(width, width)`` matrix; the batch is open."""
    weights = np.eye(width, dtype=np.float32) + np.float32(0.01)
    nodes = [helper.make_node("MatMul", [f"x{i}", "w"], [f"x{i + 1}"]) for i in range(length)]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", width]) for name in ("x0", f"x{length}")]
    return write_model(path, nodes, ends[:1], ends[1:], [numpy_helper.from_array(weights, "w")])


def write_lookup(path: Path) -> Path:
    """A table of two rows looked up by an int64 input: any index but 0 and 1 makes the run fail."""
    table = numpy_helper.from_array(np.ones((2, 4), dtype=np.float32), "table")
    node = helper.make_node("Gather", ["table", "tokens"], ["y"])
    tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, ["batch", 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 8, 4])
    return write_model(path, [node], [tokens], [y], [table])


def write_failing(path: Path) -> Path:
    """Loads, and fails when it is run: it looks row 5 up in a table of 2."""
    table = numpy_helper.from_array(np.ones((2, 4), dtype=np.float32), "table")
    five = helper.make_node("Add", ["tokens", "five"], ["index"])
    node = helper.make_node("Gather", ["table", "index"], ["y"])
    tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, [1])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])
    constants = [table, numpy_helper.from_array(np.array([5]), "five")]
    return write_model(path, [five, node], [tokens], [y], constants)


def write_model(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    constants: Sequence[onnx.TensorProto],
) -> Path:
    """A model of `nodes`."""
    graph = helper.make_graph(nodes, "model", inputs, outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=OPSET, ir_version=9), path)
    return path
