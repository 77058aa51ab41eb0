"""Open sizes are asked for, never made up; values are what the model takes."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from hwnas.contracts.errors import DeviceError, InputError
from hwnas.devices._session import Sessions
from hwnas.export.settled import read_values, settled
from hwnas.testing._models import write_chain

Sizes = list[int | str]


def write(path: Path, *inputs: Sizes, node: str = "Relu", element: int = TensorProto.FLOAT) -> Path:
    """A model that applies `node` to its first input, of these sizes."""
    given = [helper.make_tensor_value_info(name, element, shape) for name, shape in zip("xyz", inputs, strict=False)]
    out = helper.make_tensor_value_info("out", element, inputs[0])
    graph = helper.make_graph([helper.make_node(node, ["x"], ["out"])], "g", given, [out])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


@pytest.mark.parametrize("sizes", [["n", 3, "h", "w"], ["n", "n"], [2, "w"]])
def test_sizes_beyond_the_batch_are_asked_for_with_the_words_to_say_them(tmp_path: Path, sizes: Sizes) -> None:
    model = write(tmp_path / "m.onnx", sizes)
    with pytest.raises(InputError, match=r"leaves open how large its input 'x' is .* --shape x=\d+x"), settled(model):
        pass


def test_a_model_of_no_stated_rank_is_asked_too(tmp_path: Path) -> None:
    model = write(tmp_path / "m.onnx", ["n"])
    whole = onnx.load(model)
    whole.graph.input[0].type.tensor_type.ClearField("shape")
    onnx.save(whole, model)
    with pytest.raises(InputError, match="any number of sizes"), settled(model):
        pass
    with settled(model, {"x": (4,)}) as (file, shapes):
        assert shapes == {"x": (4,)}
        assert onnxruntime.InferenceSession(file).get_inputs()[0].shape == [4]


@pytest.mark.parametrize(("sizes", "meant"), [([0, 4], "1x4"), (["n", 0], "1x1"), ([2, 0], "2x1")])
def test_a_size_of_0_is_called_that_and_may_be_said(tmp_path: Path, sizes: Sizes, meant: str) -> None:
    model = write(tmp_path / "m.onnx", sizes)
    with pytest.raises(InputError, match=f"has a size of 0 .*--shape x={meant}"), settled(model):
        pass
    with settled(model, {"x": (2, 4)}) as (_, shapes):
        assert shapes == {"x": (2, 4)}


@pytest.mark.parametrize("shape", [None, {"x": (1, 4)}])
def test_a_device_is_not_blamed_for_what_the_runtime_does_not_know(
    tmp_path: Path, shape: dict[str, tuple[int, ...]] | None
) -> None:
    model = write(tmp_path / "m.onnx", ["n", 4], node="Reluu")
    words = r"m\.onnx is no model that onnxruntime .* understands .*Reluu.*; export it again"
    with pytest.raises(InputError, match=words), settled(model, shape):
        raise DeviceError("the device refuses it")
    understood = write(tmp_path / "m.onnx", ["n", 4])
    with pytest.raises(DeviceError, match="the device refuses it"), settled(understood, shape):
        raise DeviceError("the device refuses it")


@pytest.mark.parametrize(("sizes", "shape"), [(["n", 4], (1, 4)), ([2, 3], (2, 3)), (["n"], (1,)), ([], ())])
def test_where_only_the_batch_is_open_the_file_itself_is_timed(
    tmp_path: Path, sizes: Sizes, shape: tuple[int, ...]
) -> None:
    model = write(tmp_path / "m.onnx", sizes)
    with settled(model) as (file, shapes):
        assert (file, shapes) == (model, {"x": shape})


@pytest.mark.parametrize("name", ["x", ""])
def test_the_copy_that_is_timed_runs_at_the_shape_that_was_said(tmp_path: Path, name: str) -> None:
    model = write(tmp_path / "m.onnx", ["n", 3, "h", "w"])
    with settled(model, {name: (1, 3, 5, 7)}) as (file, shapes):
        assert shapes == {"x": (1, 3, 5, 7)}
        assert Sessions().example(str(file), 0)["x"].shape == (1, 3, 5, 7)
        assert onnxruntime.InferenceSession(file).get_outputs()[0].shape == [1, 3, 5, 7]
    assert not file.exists()
    assert model.exists()


def test_values_are_what_every_run_is_fed(tmp_path: Path) -> None:
    """A logarithm takes no random numbers."""
    model = write(tmp_path / "m.onnx", ["n", "w"], node="Log")
    x = np.arange(1, 7, dtype=np.float32).reshape(2, 3)
    np.savez(tmp_path / "x.npz", x=x)
    np.save(tmp_path / "x.npy", x)
    for name in ("x.npz", "x.npy"):
        with settled(model, values=read_values(tmp_path / name)) as (file, shapes):
            assert shapes == {"x": (2, 3)}
            assert np.array_equal(Sessions().example(str(file), 5)["x"], x)
            assert Sessions().not_finite(str(file)) == []


@pytest.mark.parametrize(
    ("element", "takes", "remedy"),
    [(TensorProto.STRING, "texts", "as a tokenizer gives"), (TensorProto.BFLOAT16, "bfloat16", "takes float32")],
)
def test_inputs_that_no_array_of_numbers_can_be_are_refused(
    tmp_path: Path, element: int, takes: str, remedy: str
) -> None:
    model = write(tmp_path / "m.onnx", [1, 3], node="Identity", element=element)
    with pytest.raises(InputError, match=f"Input 'x' of .* takes {takes}, and only numbers.*{remedy}"), settled(model):
        pass


def test_an_input_that_is_a_sequence_is_refused_too(tmp_path: Path) -> None:
    given = helper.make_tensor_sequence_value_info("x", TensorProto.FLOAT, [3])
    out = helper.make_tensor_value_info("out", TensorProto.INT64, [])
    graph = helper.make_graph([helper.make_node("SequenceLength", ["x"], ["out"])], "g", [given], [out])
    model = tmp_path / "m.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), model)
    with pytest.raises(InputError, match="takes sequences, and only numbers"), settled(model):
        pass


@pytest.mark.parametrize("element", [TensorProto.UINT16, TensorProto.INT16, TensorProto.UINT32, TensorProto.UINT64])
def test_whole_numbers_of_any_size_are_made_up(tmp_path: Path, element: int) -> None:
    model = write(tmp_path / "m.onnx", [1, 64], node="Identity", element=element)
    with settled(model) as (file, _):
        made_up = Sessions().example(str(file), 0)["x"]
    assert made_up.dtype == helper.tensor_dtype_to_np_dtype(element)
    assert set(made_up.flat) == {0, 1}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"y": np.zeros((1, 3), np.float32)}, "has inputs 'x', got 'y'"),
        ({"x": np.zeros((1, 3))}, "is float32, got float64; convert it"),
        ({"x": np.zeros((1, 4), np.float32)}, "of .* is nx3, got 1x4"),
        ({"x": np.zeros((1, 3, 1), np.float32)}, "is nx3, got 1x3x1"),
        ({}, "got none"),
    ],
)
def test_values_that_the_model_does_not_take_are_refused(
    tmp_path: Path, values: dict[str, np.ndarray], says: str
) -> None:
    model = write(tmp_path / "m.onnx", ["n", 3])
    with pytest.raises(InputError, match=says), settled(model, values=values):
        pass


def test_a_shape_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    model = write(tmp_path / "m.onnx", ["n", "w"])
    with pytest.raises(InputError, match="more than 268435456"), settled(model, {"x": (999999999, 99999999)}):
        pass


def test_files_of_other_things_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no archive")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    for name in ("text.npz", "objects.npy"):
        with pytest.raises(InputError, match=r"should hold the model's inputs as NumPy's \.npz"):
            read_values(tmp_path / name)
    with pytest.raises(InputError, match="Cannot read"):
        read_values(tmp_path / "none.npz")


def test_inputs_that_hold_nan_are_refused_for_the_model_would_be_blamed(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.zeros(2, np.int64), b=np.array([0.0, np.nan], np.float32))
    with pytest.raises(InputError, match=r"x\.npz holds NaN, of which no model makes numbers"):
        read_values(tmp_path / "x.npz")
    np.save(tmp_path / "x.npy", np.array([-np.inf, 0], np.float32))  # a mask, say
    assert read_values(tmp_path / "x.npy")[""].tolist() == [-np.inf, 0]


@pytest.mark.parametrize("content", [b"no model", b"", b"{}"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(InputError, match=r"m\.onnx is not an ONNX model"), settled(tmp_path / "m.onnx"):
        pass


def test_the_runtimes_own_format_is_left_for_the_runtime_to_read(tmp_path: Path) -> None:
    (tmp_path / "m.ort").write_bytes(b"\x18\0\0\0ORTM and so on")
    with settled(tmp_path / "m.ort") as (file, shapes):
        assert (file, shapes) == (tmp_path / "m.ort", {})


def test_weights_that_lie_elsewhere_and_are_not_there_are_named(tmp_path: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 1)
    onnx.save(onnx.load(model), model, save_as_external_data=True, location="apart", size_threshold=0)
    with settled(model, {"": (2, 64)}) as (file, _):
        assert Sessions().example(str(file), 0)["x0"].shape == (2, 64)
    (tmp_path / "apart").write_bytes(b"")
    with pytest.raises(InputError, match=r"cannot be read with the files of weights"), settled(model, {"": (2, 64)}):
        pass
    (tmp_path / "apart").unlink()
    for shapes in ({"": (2, 64)}, {}):  # also where the file is timed as it is
        with pytest.raises(InputError, match=r"files of weights beside it: no 'apart'"), settled(model, shapes):
            pass
