from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.export.quantised import quantise
from hwnas.export.widths import widths_of
from hwnas.export.writer import write_onnx


def of_nodes(path: Path, nodes: list[onnx.NodeProto], **weights: tuple[int, ...]) -> dict[str, int]:
    """Widths of a graph from ``x`` with weights of these shapes, as far as they are read; it need not run."""
    arrays = [numpy_helper.from_array(np.ones(shape, dtype=np.float32), name) for name, shape in weights.items()]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", "y")]
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:], arrays)), path)
    return widths_of(path)


def network() -> nn.Module:
    layers = [nn.Conv2d(3, 20, 3), nn.ReLU(), nn.Conv2d(20, 20, 3, groups=20), nn.ReLU(), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(320, 7)).eval()


def test_a_network_is_as_wide_in_its_file_as_in_pytorch_and_as_wide_in_int8(tmp_path: Path) -> None:
    written = write_onnx(network(), [InputSpec("x", (3, 8, 8))], tmp_path / "m.onnx")
    assert list(widths_of(written).values()) == [20, 20, 7]
    x = np.random.default_rng(0).normal(size=(4, 3, 8, 8)).astype(np.float32)
    assert list(widths_of(quantise(written, tmp_path / "int8.onnx", [x])).values()) == [20, 20, 7]


@pytest.mark.parametrize(
    ("operator", "inputs", "attributes", "shape", "width"),
    [
        ("ConvTranspose", ["x", "w"], {"group": 4}, (12, 5, 3, 3), 20),
        ("Gemm", ["x", "w"], {}, (30, 9), 9),
        ("Gemm", ["x", "w"], {"transB": 1}, (9, 30), 9),
        ("MatMul", ["x", "w"], {}, (2, 30, 9), 9),
        ("QLinearConv", ["x", "s", "z", "w", "s", "z", "s", "z"], {}, (9, 30, 1, 1), 9),
    ],
)
def test_the_width_is_that_of_the_operators_output(
    tmp_path: Path, operator: str, inputs: list[str], attributes: dict[str, int], shape: tuple[int, ...], width: int
) -> None:
    node = helper.make_node(operator, inputs, ["y"], name="layer", **attributes)
    assert of_nodes(tmp_path / "m.onnx", [node], w=shape) == {"layer": width}


def test_weights_are_followed_through_transposes_and_constants(tmp_path: Path) -> None:
    value = numpy_helper.from_array(np.ones((9, 30), dtype=np.float32))
    nodes = [
        helper.make_node("Constant", [], ["c"], value=value),
        helper.make_node("Transpose", ["c"], ["t"], perm=[1, 0]),
        helper.make_node("MatMul", ["x", "t"], ["y"]),
    ]
    assert of_nodes(tmp_path / "m.onnx", nodes) == {"y": 9}


def test_products_without_weights_are_no_layers(tmp_path: Path) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("MatMul", ["x", "r"], ["y"])]
    assert of_nodes(tmp_path / "m.onnx", nodes) == {}


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_text("no model")
    with pytest.raises(InputError, match=r"m\.onnx is not an ONNX model"):
        widths_of(tmp_path / "m.onnx")
