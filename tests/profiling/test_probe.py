"""The speed probe is one and the same model for good: what is remembered of it would mean nothing otherwise."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from hwnas.profiling.probe import write_probe


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_probe(tmp_path_factory.mktemp("probe"))


def test_it_has_some_five_million_multiply_adds(probe: Path) -> None:
    model = onnx.load(probe)
    weights = {w.name: numpy_helper.to_array(w) for w in model.graph.initializer}
    assert sum(w.size for w in weights.values()) * 28 * 28 == 2 * (16 * 64 + 64 * 25 + 64 * 16) * 784 == 5_720_064
    assert [node.op_type for node in model.graph.node] == ["Conv", "Relu", "Conv", "Relu", "Conv", "Add"] * 2


def test_its_weights_are_exact_and_centred(probe: Path) -> None:
    (expand, *_) = (numpy_helper.to_array(w) for w in onnx.load(probe).graph.initializer)
    assert expand.ravel()[:4].tolist() == [-32 / 1024, 5 / 1024, -22 / 1024, 15 / 1024]  # steps of 37, modulo 64
    assert sorted({round(float(w) * 1024) for w in expand.ravel()}) == list(range(-32, 32))


def test_it_runs_and_nothing_in_it_overflows(probe: Path) -> None:
    session = onnxruntime.InferenceSession(probe, providers=["CPUExecutionProvider"])
    (y,) = session.run(None, {"x": np.ones((1, 16, 28, 28), np.float32)})
    assert y.shape == (1, 16, 28, 28)
    assert np.isfinite(y).all()
    assert np.abs(y).max() < 1e3


def test_it_is_written_the_same_again(probe: Path, tmp_path: Path) -> None:
    assert write_probe(tmp_path).read_bytes() == probe.read_bytes()
