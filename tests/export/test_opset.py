"""Model files in other opsets."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.search_space import InputSpec
from hwnas.export.opset import OPSETS, opset_paths, write_opset
from hwnas.export.writer import example, write_onnx
from tests.export.networks import IMAGE, TEXT, EveryLayer, Transformer, inverted_residual, randomise

SPECS = [InputSpec("x", (4, 3))]


class Says(nn.Module):
    def __init__(self, act: nn.Module) -> None:
        super().__init__()
        self.act, self.head = act, nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.act(self.head(x))
        return out


@pytest.mark.parametrize("opset", OPSETS)
def test_a_convolutional_network_answers_alike_in_every_opset(tmp_path: Path, opset: int) -> None:
    network = inverted_residual([(4, 3, 2, 1, nn.Hardswish, True), (4, 5, 2, 2, nn.ReLU6, False)])
    model = write_onnx(network, IMAGE, tmp_path / "model.onnx")
    (path,) = opset_paths(opset, model)
    assert write_opset(opset, network, IMAGE, model) == path == tmp_path / f"model.opset{opset}.onnx"
    assert [x.version for x in onnx.load(path).opset_import if not x.domain] == [opset]
    x = example(IMAGE[0], 1)
    got = onnxruntime.InferenceSession(path).run(None, {"image": x.numpy()})[0]
    with torch.no_grad():
        np.testing.assert_allclose(got, network(x).numpy(), atol=1e-4)


@pytest.mark.parametrize(("kind", "specs", "first"), [(EveryLayer, IMAGE, 13), (Transformer, TEXT, 11)])
def test_every_operator_is_known_in_opsets_of_years_ago(
    tmp_path: Path, kind: type[nn.Module], specs: tuple[InputSpec, ...], first: int
) -> None:
    network = randomise(kind())
    model = write_onnx(network, specs, tmp_path / "model.onnx")
    for opset in OPSETS[OPSETS.index(first) :]:
        write_opset(opset, network, specs, model)


def test_an_operator_without_a_counterpart_is_refused_by_its_name(tmp_path: Path) -> None:
    network = randomise(EveryLayer())
    model = write_onnx(network, IMAGE, tmp_path / "model.onnx")
    with pytest.raises(InputError, match=r"cannot be written in opset 11: .*interpolate.*; ask for another"):
        write_opset(11, network, IMAGE, model)
    assert [x.name for x in tmp_path.iterdir()] == ["model.onnx"]


class Thirds(nn.Module):
    """The sum of parts of two and one."""

    def forward(self, x: Tensor) -> Tensor:
        two, one = x[:, :2], x[:, 2:]
        return (two + one).reshape(len(x), 6)


@pytest.mark.parametrize("opset", OPSETS)
def test_attributes_of_later_opsets_are_left_out_where_sizes_say_the_same(tmp_path: Path, opset: int) -> None:
    """As PyTorch's exporter writes GPT-2: Split by a number of parts, of which the last may be smaller, and Reshape."""
    text = """
        <ir_version: 9, opset_import: ["" : 20]>
        thirds (float[1, 3, 3] x) => (float[1, 6] y)
        <int64[2] shape = {1, 6}>
        {
            two, one = Split <axis = 1, num_outputs = 2> (x)
            sums = Add (two, one)
            y = Reshape <allowzero = 1> (sums, shape)
        }
    """
    model = tmp_path / "model.onnx"
    onnx.save(onnx.parser.parse_model(text), model)
    path = write_opset(opset, Thirds(), [InputSpec("x", (3, 3))], model)
    x = np.arange(9, dtype="float32").reshape(1, 3, 3)
    (got,) = onnxruntime.InferenceSession(path).run(None, {"x": x})
    assert got.tolist() == [[6, 8, 10, 9, 11, 13]]


def test_one_that_means_another_thing_there_is_refused(tmp_path: Path) -> None:
    """Softmax was over all axes from one on, before opset 13."""
    network = Says(nn.Softmax(dim=1)).eval()
    model = write_onnx(network, SPECS, tmp_path / "model.onnx")
    write_opset(13, network, SPECS, model)
    with pytest.raises((InputError, PromiseError)):
        write_opset(12, network, SPECS, model)
    assert not opset_paths(12, model)[0].exists()
