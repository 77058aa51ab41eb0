from pathlib import Path

import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.pipeline.initial_weights import begin_as
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_cnn, own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.lonas import lonas

SPACE = own_space()


def trained(folder: Path, *, norms: bool = False) -> tuple[Supernet, dict[str, torch.Tensor]]:
    method = lonas(SPACE, rank=2, norms=norms)
    supernet = Supernet(SPACE, method.sharing, seed=0)
    before = {name: tensor.detach().clone() for name, tensor in supernet.shared.items()}
    recipe = Recipe(epochs=3, batch_size=12, learning_rate=0.02)
    Trainer(supernet, TinyTask(SPACE.inputs[0]), method, recipe, folder).run()
    return supernet, before


def test_adapters_learn_and_nothing_else(tmp_path: Path) -> None:
    supernet, before = trained(tmp_path)
    changed = {n for n, t in supernet.shared.items() if not torch.equal(t, before[n])} - set(_statistics(supernet))
    assert changed
    assert all(name.startswith("adapter/") for name in changed)


def test_with_norms_what_has_one_dimension_learns_too(tmp_path: Path) -> None:
    supernet, before = trained(tmp_path, norms=True)
    assert not torch.equal(supernet.shared["norms.0.weight"], before["norms.0.weight"])
    assert torch.equal(supernet.shared["stem.weight"], before["stem.weight"])


def test_it_begins_with_the_weights_of_a_trained_network() -> None:
    given = own_cnn(seed=7).extract(SPACE.largest).state_dict()
    supernet = Supernet(SPACE, lonas(SPACE).sharing)
    begin_as(supernet, given)
    largest = supernet.extract(SPACE.largest).state_dict()
    assert all(torch.equal(largest[name], tensor) for name, tensor in given.items())


@pytest.mark.parametrize("wrong", [{"rank": 0}, {"scale": -1.0}])
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="rank of at least 1"):
        lonas(SPACE, **wrong)  # type: ignore[arg-type]


def _statistics(supernet: Supernet) -> list[str]:
    return [name for name in supernet.buffers if "running" in name or "tracked" in name]
