from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.initial_weights import begin_as
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_cnn, own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.shears import kept, shears

SPACE = own_space()


def trained(folder: Path, sparsity: float = 0.5) -> tuple[Supernet, dict[str, torch.Tensor]]:
    """The supernet, and the weights that it began with."""
    method = shears(SPACE, sparsity=sparsity, rank=2)
    supernet = Supernet(SPACE, method.sharing, seed=0)
    before = {name: tensor.detach().clone() for name, tensor in supernet.shared.items()}
    recipe = Recipe(epochs=3, batch_size=12, learning_rate=0.02)
    Trainer(supernet, TinyTask(SPACE.inputs[0]), method, recipe, folder).run()
    return supernet, before


def test_small_weights_of_weak_inputs_go_first_in_every_row() -> None:
    weight = torch.tensor([[1.0, 2.0, 3.0, 4.0], [-9.0, 1.5, 1.0, 1.0]])
    inputs = torch.tensor([[8.0, 1.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])  # norms 8, 1.4, 1, 1.4
    assert kept(weight, inputs, 0.5).tolist() == [[1, 0, 0, 1], [1, 1, 0, 0]]


def test_a_convolution_is_judged_by_its_channels() -> None:
    inputs = torch.ones(2, 2, 3, 3)
    inputs[:, 1] = 100
    mask = kept(torch.full((1, 2, 2, 2), 0.5), inputs, 0.5)
    assert mask[0, 1].all()
    assert not mask[0, 0].any()


def test_the_norms_are_those_of_what_the_layer_saw() -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(5, 6, 4), torch.randn(3, 4)
    norms = x.flatten(0, 1).square().sum(0).sqrt()
    least = (weight.abs() * norms).topk(2, largest=False).indices
    assert torch.equal(kept(weight, x, 0.5) == 0, F.one_hot(least, 4).sum(1).bool())


def test_every_row_of_what_is_handed_out_is_as_sparse_as_asked(tmp_path: Path) -> None:
    supernet, _ = trained(tmp_path)
    weight = supernet.extract(SPACE.largest).get_parameter("blocks.0.weight")
    zeros = (weight.flatten(1) == 0).sum(dim=1)
    assert (zeros == weight[0].numel() // 2).all()


def test_adapters_learn_and_weights_stay(tmp_path: Path) -> None:
    supernet, before = trained(tmp_path)
    assert torch.equal(supernet.shared["head.weight"], before["head.weight"])
    assert supernet.shared["adapter/up/head.weight"].any()


def test_it_begins_with_the_weights_of_a_trained_network() -> None:
    given = own_cnn(seed=7).extract(SPACE.largest).state_dict()
    supernet = Supernet(SPACE, shears(SPACE).sharing)
    begin_as(supernet, given)
    largest = supernet.extract(SPACE.largest).state_dict()
    assert all(torch.equal(largest[name], tensor) for name, tensor in given.items())


def test_a_space_without_layers_to_prune_is_refused() -> None:
    space = SearchSpace([Choice("width", (2, 4))], inputs=SPACE.inputs, build=lambda a: nn.BatchNorm2d(int(a["width"])))
    with pytest.raises(InputError, match="has none; train by 'lonas'"):
        shears(space)


@pytest.mark.parametrize("sparsity", [0.0, 1.0, -0.5])
def test_what_is_out_of_range_is_refused(sparsity: float) -> None:
    with pytest.raises(InputError, match="sparsity above 0 and below 1"):
        shears(SPACE, sparsity=sparsity)
