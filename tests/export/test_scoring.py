"""Outputs by ONNX Runtime are those by PyTorch, for networks of the table and for others."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.export.scoring import outputs, outputs_of_file
from hwnas.export.writer import write_onnx


def _by_torch(network: nn.Module, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return network.eval()(torch.from_numpy(x)).numpy()


def _images(n: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((n, 2, 6, 6)).astype(np.float32)


def _convolutional() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(128, 5))


SPECS = [InputSpec("images", (2, 6, 6))]


def test_a_network_of_the_table_gives_what_pytorch_gives_over_several_runs() -> None:
    x = _images(601)
    found = np.concatenate([*outputs(_convolutional(), SPECS, (x,))])
    np.testing.assert_allclose(found, _by_torch(_convolutional(), x), rtol=1e-4, atol=1e-5)


def test_a_network_outside_the_table_gives_what_pytorch_gives() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(72, 16), nn.CELU(), nn.Linear(16, 5))
    x = _images(30)
    assert np.array_equal(np.concatenate([*outputs(network, SPECS, (x,))]), _by_torch(network, x))


class _TokensFirst(nn.Module):
    """Flattens three tokens, of as many examples as there are, and makes tokens of them again."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        apart = x.transpose(0, 1).flatten(1).relu().view(3, len(x), 8)
        return self.head(apart.transpose(0, 1)).mean(1)  # type: ignore[no-any-return]


def test_a_size_that_happens_to_be_that_of_the_examples_it_is_written_by_is_not_taken_for_the_batch() -> None:
    torch.manual_seed(0)
    network, x = _TokensFirst(), np.random.default_rng(0).standard_normal((10, 3, 8)).astype(np.float32)
    found = np.concatenate([*outputs(network, [InputSpec("x", (3, 8))], (x,))])
    np.testing.assert_allclose(found, _by_torch(network, x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("batch", [1, 7, None])
def test_a_file_gives_what_it_computes_whatever_its_batch(batch: int | None, tmp_path: Path) -> None:
    x, network = _images(300), _convolutional()
    path = write_onnx(network, SPECS, tmp_path / "model.onnx", dynamic_batch=batch is None, batch=batch or 1)
    found = np.concatenate([*outputs_of_file(path, (x,))])
    np.testing.assert_allclose(found, _by_torch(network, x), rtol=1e-4, atol=1e-5)


def test_a_network_that_gives_two_tensors_and_a_file_of_another_input_are_refused(tmp_path: Path) -> None:
    class Two(nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return x.sort(dim=-1)

    with pytest.raises(InputError, match="should return one float32 tensor"):
        list(outputs(Two(), SPECS, (_images(2),)))
    path = write_onnx(_convolutional(), SPECS, tmp_path / "model.onnx")
    with pytest.raises(InputError, match=r"does not run on \[\(4, 2, 5, 6\)\]"):
        list(outputs_of_file(path, (_images(4)[:, :, :5],)))


def test_without_a_description_of_its_inputs_a_network_runs_as_it_is() -> None:
    x = _images(3)
    found = np.concatenate([*outputs(_convolutional(), [], (x,))])
    np.testing.assert_array_equal(found, _by_torch(_convolutional(), x))
