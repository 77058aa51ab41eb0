from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import Tensor, nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.export import writer
from hwnas.export._stock import stock_export
from hwnas.export.writer import write_onnx
from tests.export.networks import IMAGE, EveryLayer, inverted_residual, networks, randomise


def operators(model: onnx.ModelProto) -> Counter[str]:
    return Counter(node.op_type for node in model.graph.node)


def images(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, *IMAGE[0].shape)).astype(np.float32)


def run(path: Path, *inputs: np.ndarray) -> np.ndarray:
    session = ort.InferenceSession(path)
    names = [x.name for x in session.get_inputs()]
    return session.run(["logits"], dict(zip(names, inputs, strict=True)))[0]  # type: ignore[no-any-return]


def expected(module: nn.Module, *inputs: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return module(*(torch.from_numpy(x) for x in inputs)).numpy()  # type: ignore[no-any-return]


def assert_close(got: np.ndarray, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(got, wanted, atol=1e-5 * max(1.0, float(np.abs(wanted).max())), rtol=0)


@pytest.fixture
def no_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the stock exporter was asked")

    monkeypatch.setattr(writer, "stock_export", refuse)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(network=networks)
@pytest.mark.usefixtures("no_fallback")
def test_random_networks_are_written_by_the_table_and_compute_the_same(network: nn.Module, tmp_path: Path) -> None:
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx", batch=2)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert "BatchNormalization" not in operators(model)
    assert_close(run(path, images(2)), expected(network, images(2)))


@pytest.mark.parametrize("make", [EveryLayer, lambda: inverted_residual(
    [(8, 3, 3, 1, nn.ReLU, False), (12, 5, 4, 2, nn.Hardswish, True), (12, 7, 1, 1, nn.ReLU6, True)])])  # fmt: skip
@pytest.mark.parametrize("dynamic_batch", [False, True])
@pytest.mark.usefixtures("no_fallback")
def test_the_operators_are_those_of_the_stock_exporter(
    make: Callable[[], nn.Module], *, dynamic_batch: bool, tmp_path: Path
) -> None:
    network = randomise(make())
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx", dynamic_batch=dynamic_batch)
    example = torch.zeros(3 if dynamic_batch else 1, *IMAGE[0].shape)
    stock = stock_export(network, [example], ["image"], dynamic_batch=dynamic_batch)
    assert operators(onnx.load(path)) == operators(stock)
    onnx.save(stock, tmp_path / "stock.onnx")
    x = images(5 if dynamic_batch else 1)
    assert_close(run(path, x), run(tmp_path / "stock.onnx", x))
    assert_close(run(path, x), expected(network, x))
