"""Classes by ONNX Runtime are those by PyTorch, for networks of the table and for others."""

import numpy as np
import torch
from torch import nn

from hwnas.contracts.search_space import InputSpec
from hwnas.export.scoring import classes


def _by_torch(network: nn.Module, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return network.eval()(torch.from_numpy(x)).argmax(dim=1).numpy()


def _images(n: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((n, 2, 6, 6)).astype(np.float32)


def test_a_network_of_the_table_gets_the_classes_pytorch_gives_over_several_runs() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(128, 5))
    x = _images(601)
    assert np.array_equal(classes(network, [InputSpec("images", (2, 6, 6))], (x,)), _by_torch(network, x))


def test_a_network_outside_the_table_gets_the_classes_pytorch_gives() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(72, 16), nn.LayerNorm(16), nn.Linear(16, 5))
    x = _images(30)
    assert np.array_equal(classes(network, [InputSpec("images", (2, 6, 6))], (x,)), _by_torch(network, x))
