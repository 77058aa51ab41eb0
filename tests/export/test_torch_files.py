from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.export.torch_files import torch_paths, write_torch

SPEC = InputSpec("x", (1, 6, 6))


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.first = nn.BatchNorm2d(1), nn.Linear(36, 36)
        self.second = nn.Linear(36, 36)
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"logits": self.second(self.first(self.norm(x).flatten(1)).relu())}


class OfOne(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(1, 36) * 2


def test_tensors_and_program_give_the_network_again_without_its_class(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Tied().eval()
    weights, program = write_torch(network, [SPEC], tmp_path / "model.onnx")
    assert (weights, program) == torch_paths(tmp_path / "model.onnx")
    x = torch.randn(5, 1, 6, 6)
    loaded = torch.export.load(program).module()
    torch.testing.assert_close(loaded(x)["logits"], network(x)["logits"], rtol=0, atol=0)
    again = Tied().eval()
    missing = again.load_state_dict(load_file(weights), strict=False).missing_keys
    assert len(missing) == 1  # one of two tied names
    assert torch.equal(again(x)["logits"], network(x)["logits"])


def test_a_network_that_holds_its_batch_is_written_for_one_example(tmp_path: Path) -> None:
    _, program = write_torch(OfOne().eval(), [SPEC], tmp_path / "model.onnx")
    x = torch.randn(1, 1, 6, 6)
    assert torch.equal(torch.export.load(program).module()(x), x.reshape(1, 36) * 2)


def test_a_network_that_cannot_be_exported_is_refused_in_one_sentence(tmp_path: Path) -> None:
    class Moody(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x if float(x.sum()) > 0 else -x

    with pytest.raises(InputError, match="PyTorch cannot export the network"):
        write_torch(Moody().eval(), [SPEC], tmp_path / "model.onnx")
