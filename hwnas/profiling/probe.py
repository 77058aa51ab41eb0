"""The speed probe: a small model that belongs to no space, and tells how fast a device is in this moment.

It is timed in every session, whatever that is about. Its bytes never change: what is remembered of it holds for years.
"""

from pathlib import Path
from typing import Any

import numpy as np

CHANNELS, WIDE, SIDE, BLOCKS = 16, 64, 28, 2


def write_probe(folder: Path) -> Path:
    """Inverted residual blocks, 5x5, some 5 million multiply-adds, as an ONNX file in `folder`."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights, nodes, x = [], [], "x"

    def convolve(x: str, name: str, shape: tuple[int, ...], **settings: Any) -> str:  # noqa: ANN401  the operator's
        values = (np.arange(np.prod(shape), dtype=np.float32) * 37 % 64 - 32) / 1024  # exact on every processor
        weights.append(numpy_helper.from_array(values.reshape(shape), f"{name}_weight"))
        nodes.append(helper.make_node("Conv", [x, f"{name}_weight"], [name], **settings))
        return name

    for block in range(BLOCKS):
        wide = convolve(x, f"expand{block}", (WIDE, CHANNELS, 1, 1))
        nodes.append(helper.make_node("Relu", [wide], [f"wide{block}"]))
        deep = convolve(f"wide{block}", f"depthwise{block}", (WIDE, 1, 5, 5), group=WIDE, pads=[2, 2, 2, 2])
        nodes.append(helper.make_node("Relu", [deep], [f"deep{block}"]))
        narrow = convolve(f"deep{block}", f"project{block}", (CHANNELS, WIDE, 1, 1))
        nodes.append(helper.make_node("Add", [x, narrow], [f"block{block}"]))
        x = f"block{block}"
    size = [1, CHANNELS, SIDE, SIDE]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name in ("x", x)]
    graph = helper.make_graph(nodes, "probe", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9, producer_name="hwnas")
    path = folder / "probe.onnx"
    onnx.save(model, path)
    return path
