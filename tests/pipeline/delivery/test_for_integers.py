"""Sub-networks trained as their integers compute them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.archive import Archive
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.elasticity.elastic import elastic
from hwnas.evaluation.evaluator import Evaluator
from hwnas.export.scoring import outputs
from hwnas.pipeline.delivery.for_integers import for_integers
from hwnas.supernet import Supernet
from hwnas.testing._tiny_task import TinyTask

TASK = TinyTask(InputSpec("x", (6,)), n=48)
X = torch.from_numpy(TASK.examples("train").inputs[0])


class Net(nn.Module):
    """Two layers; `odd` computes something before them that only PyTorch's exporter writes."""

    def __init__(self, *, odd: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(6, 16), nn.Linear(16, 3)
        self.odd = odd

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.second(self.first(torch.fft.fft(x).real if self.odd else x).relu())
        return out


def made(network: nn.Module, folder: Path) -> tuple[Supernet, Evaluator]:
    folder.mkdir(exist_ok=True)
    supernet = elastic(network.eval(), X[:2]).with_bits("layer", recover="qat")
    return supernet, Evaluator(supernet, TASK, Archive(folder / "study.db"))


def test_it_computes_what_the_file_computes_and_trains_the_same_tensors(tmp_path: Path) -> None:
    supernet, evaluator = made(Net(), tmp_path)
    space = supernet.space
    architecture = space.architecture({**space.largest, **{n: 8 for n in space.names if n.startswith("bits.")}})
    trained = for_integers(supernet, architecture, evaluator)
    network = evaluator.lowered(architecture, evaluator.network(architecture))
    file = np.concatenate([*outputs(network, space.inputs, [X.numpy()])])
    with torch.no_grad():
        told = [s(X, architecture).numpy() for s in (trained, supernet)]
    assert np.median(np.abs(told[0] - file)) < 1e-6
    assert np.abs(told[1] - file).mean() > 1e-4  # in float32
    assert set(trained.parameters) == set(supernet.parameters)
    trained(X, architecture, training=True).square().sum().backward()
    assert all(p.grad is not None for p in trained.parameters.values())


def test_smaller_kernels_are_trained_where_they_are_cut_from(tmp_path: Path) -> None:
    def build(architecture: Architecture) -> nn.Module:
        convolution = nn.Conv2d(1, 4, int(architecture["kernel"]), padding="same")
        return nn.Sequential(convolution, nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))

    spec = InputSpec("x", (1, 6, 6))
    supernet = Supernet.from_builder(build, [Choice("kernel", (1, 3, 5))], [spec]).with_bits("all", recover="qat")
    evaluator = Evaluator(supernet, TinyTask(spec, n=48), Archive(tmp_path / "study.db"))
    architecture = supernet.space.architecture({"kernel": 3})
    trained = for_integers(supernet, architecture, evaluator).weights(architecture)
    assert all(torch.equal(trained[name], own) for name, own in supernet.weights(architecture).items())


def test_without_integers_it_is_the_supernet_itself_and_what_cannot_be_told_is_refused(tmp_path: Path) -> None:
    supernet, evaluator = made(Net(), tmp_path)
    assert for_integers(supernet, supernet.space.largest, evaluator) is supernet
    supernet, evaluator = made(Net(odd=True), tmp_path / "odd")
    with pytest.raises(InputError, match="cannot be trained for its integers: PyTorch's exporter writes its file"):
        for_integers(supernet, supernet.space.smallest, evaluator)
