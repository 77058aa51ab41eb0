"""Small ONNX models for tests of timing: chains of matrix products, so that more of them take longer."""

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
    return _write(path, nodes, ends[:1], ends[1:], [numpy_helper.from_array(weights, "w")])


def write_lookup(path: Path) -> Path:
    """A table of two rows looked up by an int64 input: any index but 0 and 1 makes the run fail."""
    table = numpy_helper.from_array(np.ones((2, 4), dtype=np.float32), "table")
    node = helper.make_node("Gather", ["table", "tokens"], ["y"])
    tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, ["batch", 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 8, 4])
    return _write(path, [node], [tokens], [y], [table])


def write_failing(path: Path) -> Path:
    """Loads, and fails when it is run: it looks row 5 up in a table of 2."""
    table = numpy_helper.from_array(np.ones((2, 4), dtype=np.float32), "table")
    five = helper.make_node("Add", ["tokens", "five"], ["index"])
    node = helper.make_node("Gather", ["table", "index"], ["y"])
    tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, [1])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])
    return _write(path, [five, node], [tokens], [y], [table, numpy_helper.from_array(np.array([5]), "five")])


def write_endless(path: Path) -> Path:
    """Loads, and never returns from a run: a loop without end."""
    state = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("before", "after")]
    trip = helper.make_tensor_value_info("trip", TensorProto.INT64, [])
    conditions = [helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in ("go", "go_on")]
    steps = [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Sin", ["before"], ["after"])]
    body = helper.make_graph(steps, "body", [trip, conditions[0], state[0]], [conditions[1], state[1]])
    node = helper.make_node("Loop", ["", "true", "x"], ["y"], body=body)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    return _write(path, [node], ends[:1], ends[1:], [numpy_helper.from_array(np.ones((), dtype=np.bool_), "true")])


def write_stubborn(path: Path, boxes: int = 1_500_000) -> Path:
    """Loads, and one operator of it takes hours, in which it does not look whether it is to stop."""
    sizes = {"boxes": [1, boxes, 4], "scores": [1, 1, boxes]}
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name, size in sizes.items()]
    chosen = helper.make_tensor_value_info("chosen", TensorProto.INT64, [None, 3])
    constants = [
        numpy_helper.from_array(np.array([10**9]), "most"),
        numpy_helper.from_array(np.array([0.99], dtype=np.float32), "overlap"),
    ]
    node = helper.make_node("NonMaxSuppression", [*sizes, "most", "overlap"], ["chosen"])
    return _write(path, [node], ends, [chosen], constants)


def _write(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: list[onnx.TensorProto],
) -> Path:
    graph = helper.make_graph(nodes, "model", inputs, outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=OPSET, ir_version=9), path)
    return path
