"""A training is its shared tensors, the optimizer's memory and the seams' states; all of it comes back."""

import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.supernet import Supernet
from hwnas.training._snapshot import restore_memory, restore_shared, snapshot
from hwnas.training.uniform import uniform
from tests.small_spaces import small

SPACE = small("micro_cell")


def trained(space: SearchSpace, seed: int, steps: int = 2) -> tuple[Supernet, torch.optim.Optimizer]:
    """A supernet after some steps of momentum."""
    supernet = Supernet(space, seed=seed)
    optimizer = torch.optim.SGD(supernet.parameters.values(), lr=0.1, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        sum((p**2).sum() for p in supernet.parameters.values()).backward()  # type: ignore[union-attr]
        optimizer.step()
    return supernet, optimizer


def test_every_value_has_a_name_that_says_whose_it_is() -> None:
    supernet, optimizer = trained(SPACE, 0)
    tensors, values = snapshot(supernet, {"optimizer": optimizer}, uniform(SPACE))
    names = set(supernet.shared)
    assert {f"shared/{name}" for name in names} <= set(tensors)
    memory = {name for name in tensors if name.startswith("optimizer/")}
    assert memory == {f"optimizer/{name}/momentum_buffer" for name in supernet.parameters}
    assert not [value for value in values.values() if isinstance(value, torch.Tensor)]


def test_what_comes_back_goes_on_as_it_would_have() -> None:
    supernet, optimizer = trained(SPACE, 0)
    tensors, values = snapshot(supernet, {"optimizer": optimizer}, uniform(SPACE))
    kept = {name: tensor.clone() for name, tensor in tensors.items()}
    again, restored = trained(SPACE, 1, steps=0)
    restore_shared(again, kept, "the folder")
    restore_memory(again, {"optimizer": restored}, uniform(SPACE), kept, values)
    for net, steps in ((supernet, optimizer), (again, restored)):
        steps.zero_grad()
        sum((p**2).sum() for p in net.parameters.values()).backward()  # type: ignore[union-attr]
        steps.step()
    assert all(torch.equal(tensor, again.shared[name]) for name, tensor in supernet.shared.items())


@pytest.mark.parametrize("change", ["missing", "another shape"])
def test_the_training_of_another_network_is_refused_and_changes_nothing(change: str) -> None:
    supernet, optimizer = trained(SPACE, 0)
    tensors = dict(snapshot(supernet, {"optimizer": optimizer}, uniform(SPACE))[0])
    last = f"shared/{list(supernet.shared)[-1]}"
    tensors[last] = torch.zeros(1, 2, 3, 4, 5, 6)
    if change == "missing":
        del tensors[last]
    other = Supernet(SPACE, seed=1)
    before = {name: tensor.clone() for name, tensor in other.shared.items()}
    with pytest.raises(InputError, match=r"the folder holds a training of another network: .*; use another folder"):
        restore_shared(other, tensors, "the folder")
    assert all(torch.equal(tensor, before[name]) for name, tensor in other.shared.items())
