"""Model files for any number of examples per run."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.search_space import InputSpec
from hwnas.export import _answering
from hwnas.export.open_batch import open_batch_paths, write_open_batch

SPECS = [InputSpec("x", (1, 6, 6))]


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5)).eval()


class OneByOne(nn.Module):
    """Its code knows that there is one example."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(36, 2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(x.reshape(1, 36))
        return out


def test_as_many_examples_as_one_likes_are_answered_as_the_network_does(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    (path,) = open_batch_paths(model)
    assert write_open_batch(network(), SPECS, model) == path == tmp_path / "model.batch.onnx"
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for rows in (1, 3, 8):
        x = torch.randn(rows, 1, 6, 6)
        with torch.no_grad():
            np.testing.assert_allclose(session.run(None, {"x": x.numpy()})[0], network()(x).numpy(), atol=1e-5)


def test_a_network_for_one_example_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        write_open_batch(OneByOne().eval(), SPECS, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_file_that_answers_otherwise_is_not_handed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_answering, "outputs_of_file", lambda _, inputs: [np.zeros((len(inputs[0]), 5))])
    with pytest.raises(PromiseError, match=r"model\.batch\.onnx answers otherwise than the network, 1 at a time"):
        write_open_batch(network(), SPECS, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
