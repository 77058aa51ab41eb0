"""`hwnas.measure`: any files, timed in turns."""

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

import hwnas
from hwnas.testing._models import OPSET, write_chain
from tests.plugged import Simulated


def test_ratios_are_of_the_same_rounds_and_the_level_is_stated(tmp_path: Path) -> None:
    paths = [tmp_path / "a.onnx", tmp_path / "b.onnx", tmp_path / "c.onnx"]
    for path, size in zip(paths, (100, 400, 100), strict=True):
        write_chain(path, size)
    found = hwnas.measure(paths, Simulated(), preset="rapid")
    assert [model.model for model in found.models] == list(map(str, paths))
    first, second, third = found.models
    assert first.times == pytest.approx(1, abs=0.1)
    assert third.times == pytest.approx(1, abs=0.1)
    assert second.times == pytest.approx(second.size_bytes / first.size_bytes, rel=0.01)  # as this device has it
    assert second.times_interval[0] <= second.times <= second.times_interval[1]
    assert second.size_bytes == paths[1].stat().st_size
    assert found.level.sessions >= 1
    assert found.to_dict()["verdict"] == found.verdict


def test_one_file_needs_no_list(tmp_path: Path) -> None:
    write_chain(path := tmp_path / "a.onnx", 100)
    for one in (path, str(path)):
        assert [model.model for model in hwnas.measure(one, Simulated(), preset="rapid").models] == [str(path)]


def test_weights_in_a_file_beside_count_as_size_of_the_model(tmp_path: Path) -> None:
    write_chain(whole := tmp_path / "whole.onnx", 100)
    apart = tmp_path / "apart.onnx"
    onnx.save(onnx.load(whole), apart, save_as_external_data=True, location="weights", size_threshold=0)
    one, other = hwnas.measure([whole, apart], Simulated(), preset="rapid").models
    assert apart.stat().st_size < one.size_bytes / 2
    assert other.size_bytes == apart.stat().st_size + (tmp_path / "weights").stat().st_size


def test_open_sizes_are_given_to_every_file(tmp_path: Path) -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", "width"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "width"])
    paths = [tmp_path / f"{op}.onnx" for op in ("Log", "Sqrt")]
    for path in paths:
        graph = helper.make_graph([helper.make_node(path.stem, ["x"], ["y"])], "g", [x], [y])
        onnx.save(helper.make_model(graph, opset_imports=OPSET, ir_version=9), path)
    with pytest.raises(hwnas.InputError, match="leaves open how large its input"):
        hwnas.measure(paths, Simulated(), preset="rapid")
    found = hwnas.measure(paths, Simulated(), preset="rapid", shapes={"": (1, 64)})
    assert all(model.shapes == {"x": (1, 64)} for model in found.models)


def test_nothing_to_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(hwnas.InputError, match="Expected ONNX files to time"):
        hwnas.measure([])
    with pytest.raises(hwnas.InputError, match=r"none at .*a\.onnx"):
        hwnas.measure([tmp_path / "a.onnx"])
