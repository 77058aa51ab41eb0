from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from hwnas.contracts.errors import InputError
from hwnas.export.onnx_function import OnnxFunction


def write(path: Path, kind: int = TensorProto.DOUBLE, shape: tuple[object, ...] = ("n", 3), op: str = "Neg") -> Path:
    graph = helper.make_graph(
        [helper.make_node(op, ["x"], ["negative"]), helper.make_node("Identity", ["x"], ["same"])],
        "graph",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info(name, kind, shape) for name in ("negative", "same")],
    )
    opset = [helper.make_opsetid("", 17)]
    path.write_bytes(helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())
    return path


@pytest.mark.parametrize("kind", [TensorProto.DOUBLE, TensorProto.FLOAT])
def test_it_maps_rows_to_all_outputs_as_doubles(tmp_path: Path, kind: int) -> None:
    function = OnnxFunction(write(tmp_path / "m.onnx", kind))
    rows = np.arange(6.0).reshape(2, 3)
    negative, same = function(rows)
    np.testing.assert_array_equal(negative, -rows)
    np.testing.assert_array_equal(same, rows)
    assert negative.dtype == np.float64
    assert function.outputs == ("negative", "same")
    assert function.widths == (3,)


@pytest.mark.parametrize("shape", [(2, 4), (3,), (1, 1, 3)])
def test_rows_of_another_shape_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="3 columns"):
        OnnxFunction(write(tmp_path / "m.onnx"))(np.zeros(shape))


def test_another_number_of_arrays_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="takes 1 arrays, got 2"):
        OnnxFunction(write(tmp_path / "m.onnx"))(np.zeros((1, 3)), np.zeros((1, 3)))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.onnx"):
        OnnxFunction(tmp_path / "none.onnx")


@pytest.mark.parametrize("raw", [b"", b"not onnx at all", bytes(range(256))])
def test_a_file_that_is_no_graph_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(raw)
    with pytest.raises(InputError, match="not a graph"):
        OnnxFunction(tmp_path / "m.onnx")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "m.onnx")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError):
        OnnxFunction(path)


def test_a_graph_with_unknown_operators_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a graph"):
        OnnxFunction(write(tmp_path / "m.onnx", op="RunMyCode"))


@pytest.mark.parametrize(("kind", "shape"), [(TensorProto.INT64, ("n", 3)), (TensorProto.FLOAT, ("n", 3, 2))])
def test_inputs_that_are_not_float_matrices_are_refused(tmp_path: Path, kind: int, shape: tuple[object, ...]) -> None:
    with pytest.raises(InputError, match="matrices"):
        OnnxFunction(write(tmp_path / "m.onnx", kind, shape))


def test_another_file_than_the_hash_says_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "m.onnx")
    OnnxFunction(path, sha256=OnnxFunction(path).sha256)
    with pytest.raises(InputError, match="sha256"):
        OnnxFunction(path, sha256="0" * 64)


def test_weights_are_never_read_from_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("n", 1))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ("n", 1))],
        [helper.make_tensor("w", TensorProto.FLOAT, (1,), np.ones(1, np.float32).tobytes(), raw=True)],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        tmp_path / "m.onnx",
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    monkeypatch.chdir(tmp_path)
    assert Path("weights.bin").exists()
    with pytest.raises(InputError):
        OnnxFunction(tmp_path / "m.onnx")
