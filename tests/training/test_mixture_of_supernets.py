from pathlib import Path

import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.training import Method
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._objectives import InPlaceDistillation
from hwnas.training._recipe import Recipe
from hwnas.training._samplers import Sandwich
from hwnas.training.mixture_of_supernets import mixture_of_supernets

SPACE = own_space()
TASK = TinyTask(SPACE.inputs[0])
RECIPE = Recipe(epochs=3, batch_size=12, learning_rate=0.05)


def trained(folder: Path, method: Method) -> dict[str, torch.Tensor]:
    supernet = Supernet(SPACE, method.sharing)
    Trainer(supernet, TASK, method, RECIPE, folder).run()
    return supernet.shared


def test_with_one_expert_it_is_the_sandwich_rule_to_the_bit(tmp_path: Path) -> None:
    ours = trained(tmp_path / "ours", mixture_of_supernets(SPACE, experts=1))
    plain = trained(tmp_path / "plain", Method("custom", architectures=Sandwich(1)))
    assert ours.keys() == plain.keys()
    assert [name for name in ours if not torch.equal(ours[name], plain[name])] == []


@pytest.mark.parametrize("mode", ["layer", "neuron"])
def test_training_moves_experts_and_routers_apart(mode: str, tmp_path: Path) -> None:
    method = mixture_of_supernets(SPACE, mode=mode)  # type: ignore[arg-type]
    before = Supernet(SPACE, method.sharing).shared
    after = trained(tmp_path, method)
    for name in ("head.weight", "expert.1/head.weight", "router/head/0.weight", "router/head/1.bias"):
        assert not torch.equal(after[name], before[name]), name


def test_the_largest_teaches_only_when_asked_to() -> None:
    assert not isinstance(mixture_of_supernets(SPACE).objective, InPlaceDistillation)
    assert isinstance(mixture_of_supernets(SPACE, distil=True).objective, InPlaceDistillation)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="at least 1 expert"):
        mixture_of_supernets(SPACE, experts=0)
    with pytest.raises(InputError, match="randoms of at least 0"):
        mixture_of_supernets(SPACE, randoms=-1)
