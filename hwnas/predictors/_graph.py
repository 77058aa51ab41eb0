"""A fitted regressor and the width of its intervals as one ONNX model, in double precision throughout.

Input ``features`` (double, ``(n, f)``); outputs ``mean``, ``low``, ``high`` (double, ``(n,)``). Double, because an RBF
kernel in single precision was seen off by 0.7 of the figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.predictors._regressor import Subgraph

if TYPE_CHECKING:
    from onnx import ModelProto

# The oldest that hold what is used here: any ONNX Runtime since 1.8 reads them.
_OPSETS = {"": 13, "ai.onnx.ml": 3}


def model(guess: Subgraph, view: FloatArray, *, width: float, floor: float | None) -> ModelProto:
    """What the view ``(f, k)`` shows, `guess`, then the interval: ``mean -+ width``, or shares of it with a `floor`."""
    from onnx import TensorProto, checker, helper, numpy_helper

    node = helper.make_node
    nodes = [
        node("MatMul", ["features", "view"], ["seen"]),
        *guess.nodes,
        node("Reshape", ["guess", "flat"], ["unbounded" if floor is not None else "mean"]),
    ]
    constants = {**guess.constants, "view": view, "flat": np.array([-1], dtype=np.int64)}
    if floor is None:
        constants |= {"width": np.array([width])}
        nodes += [node("Sub", ["mean", "width"], ["low"]), node("Add", ["mean", "width"], ["high"])]
    else:
        constants |= {
            "floor": np.array([floor]),
            "low_share": np.array([max(0.0, 1 - width)]),
            "high_share": np.array([1 + width]),
        }
        nodes.append(node("Max", ["unbounded", "floor"], ["mean"]))
        nodes += [node("Mul", ["mean", f"{end}_share"], [end]) for end in ("low", "high")]
    graph = helper.make_graph(
        nodes,
        "predictor",
        [helper.make_tensor_value_info("features", TensorProto.DOUBLE, ["n", len(view)])],
        [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["n"]) for name in ("mean", "low", "high")],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS.items()]
    made = helper.make_model(graph, producer_name="hwnas", opset_imports=opsets, ir_version=8)
    checker.check_model(made)
    return made
