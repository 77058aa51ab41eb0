"""Model files in half precision."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.search_space import InputSpec
from hwnas.export.float16 import float16_paths, write_float16
from hwnas.export.writer import write_onnx
from tests.export.networks import IMAGE, TEXT, EveryLayer, Transformer, randomise

SPECS = [InputSpec("x", (4,))]


class Large(nn.Module):
    """Its numbers grow and shrink again."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor, self.head = factor, nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(x) * self.factor * self.factor
        return out / self.factor / self.factor


class InFloat32(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(x.float() + 1)
        return out


@pytest.mark.parametrize(("kind", "specs"), [(EveryLayer, IMAGE), (Transformer, TEXT)])
def test_it_takes_and_gives_float32_and_has_half_the_weights(
    tmp_path: Path, kind: type[nn.Module], specs: tuple[InputSpec, ...]
) -> None:
    network = randomise(kind())
    model = write_onnx(network, specs, tmp_path / "model.onnx")
    (path,) = float16_paths(model)
    assert write_float16(network, specs, model) == path == tmp_path / "model.float16.onnx"
    weights = onnx.load(path).graph.initializer
    assert {x.data_type for x in weights if x.data_type in {1, 10}} == {onnx.TensorProto.FLOAT16}
    taken = [x.type for x in onnxruntime.InferenceSession(model).get_inputs()]
    session = onnxruntime.InferenceSession(path)
    assert [x.type for x in session.get_inputs()] == taken
    assert [x.type for x in session.get_outputs()] == ["tensor(float)"]


def test_it_answers_as_the_network_within_the_precision_of_its_numbers(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network, x = Large(100.0).eval(), torch.randn(1, 4)
    path = write_float16(network, SPECS, write_onnx(network, SPECS, tmp_path / "model.onnx"))
    got = onnxruntime.InferenceSession(path).run(None, {"x": x.numpy()})[0]
    with torch.no_grad():
        np.testing.assert_allclose(got, network(x).numpy(), atol=2e-3)


def test_a_network_with_numbers_too_large_for_it_is_not_handed_out(tmp_path: Path) -> None:
    network = Large(1000.0).eval()
    model = write_onnx(network, SPECS, tmp_path / "model.onnx")
    with pytest.raises(PromiseError, match="answers otherwise in float16"):
        write_float16(network, SPECS, model)
    assert [x.name for x in tmp_path.iterdir()] == ["model.onnx"]


def test_a_network_that_asks_for_float32_is_refused(tmp_path: Path) -> None:
    network = InFloat32().eval()
    with pytest.raises(InputError, match=r"does not run in float16: .*dtype.*; hand it out without"):
        write_float16(network, SPECS, write_onnx(network, SPECS, tmp_path / "model.onnx"))
