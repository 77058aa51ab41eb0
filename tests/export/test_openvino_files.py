"""Model files for OpenVINO; where it is not installed, only the refusal is tested."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.export.openvino_files import openvino_paths, write_openvino
from hwnas.export.writer import write_onnx

SPECS = [InputSpec("x", (1, 6, 6))]
there = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="openvino is not installed")


def written(folder: Path, seed: int) -> tuple[nn.Module, Path]:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5)).eval()
    return network, write_onnx(network, SPECS, folder / "model.onnx")


@there
def test_its_files_compute_the_network(tmp_path: Path) -> None:
    import openvino

    network, model = written(tmp_path, 0)
    assert write_openvino(network, SPECS, model) == openvino_paths(model)
    x = torch.randn(1, 1, 6, 6)
    compiled = openvino.Core().compile_model(str(tmp_path / "model.xml"), "CPU")
    with torch.no_grad():
        np.testing.assert_allclose(compiled([x.numpy()])[0], network(x).numpy(), atol=1e-2)


@there
def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    other, _ = written(tmp_path, 1)
    _, model = written(tmp_path, 0)
    with pytest.raises(Exception, match="answers otherwise than the network"):
        write_openvino(other, SPECS, model)
    assert not (tmp_path / "model.xml").exists()


def test_without_openvino_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    network, model = written(tmp_path, 0)
    with pytest.raises(InputError, match=r"pip install 'hwnas\[openvino\]'"):
        write_openvino(network, SPECS, model)
