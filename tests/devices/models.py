"""ONNX models that do not return from a run, to be stopped."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from hwnas.testing._models import write_model


def write_endless(path: Path) -> Path:
    """Loads, and never returns from a run: a loop without end."""
    state = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("before", "after")]
    trip = helper.make_tensor_value_info("trip", TensorProto.INT64, [])
    conditions = [helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in ("go", "go_on")]
    steps = [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Sin", ["before"], ["after"])]
    body = helper.make_graph(steps, "body", [trip, conditions[0], state[0]], [conditions[1], state[1]])
    node = helper.make_node("Loop", ["", "true", "x"], ["y"], body=body)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    return write_model(path, [node], ends[:1], ends[1:], [numpy_helper.from_array(np.ones((), dtype=np.bool_), "true")])


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
    return write_model(path, [node], ends, [chosen], constants)
