import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training_events import Assign, NewTask, Prune, Reset, Shrink, Split
from hwnas.sharing.assigned import AssignedSharing
from hwnas.sharing.members import MembersSharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example, own_cnn, own_space
from hwnas.training._edits import edit, remember_copies
from hwnas.training._recipe import Recipe

SPACE = own_space()
RECIPE = Recipe(weight_decay=0.1)


def stepped(supernet: Supernet) -> torch.optim.Optimizer:
    """Every shared tensor with a memory of its own."""
    optimizer = RECIPE.optimizer_of(supernet.parameters.values())
    for i, parameter in enumerate(supernet.parameters.values()):
        parameter.grad = torch.full_like(parameter, i + 1.0)
    optimizer.step()
    return optimizer


def test_a_split_copies_tensors_and_what_the_optimizer_remembers_of_them() -> None:
    supernet = Supernet(SPACE, MembersSharing(SPACE))
    old, before = stepped(supernet), supernet.shared
    x = example(supernet, 2)
    with torch.no_grad():
        expected = supernet(x, SPACE.largest)
    copies = edit(supernet, [old], Split(0, [SubSpace(SPACE, {"width": (w,)}) for w in (4, 6)]))
    assert copies == {f"member.1/{name}": name for name in before}
    with torch.no_grad():
        assert torch.equal(supernet(x, SPACE.largest), expected)
    new = RECIPE.optimizer_of(supernet.parameters.values())
    remember_copies(new, dict(old.state), before, supernet, copies)
    assert supernet.parameters.keys() == {
        n for name in before if before[name].requires_grad for n in (name, f"member.1/{name}")
    }
    for name, parameter in supernet.parameters.items():
        original = before[copies.get(name, name)]
        assert torch.equal(new.state[parameter]["momentum_buffer"], old.state[original]["momentum_buffer"])
    first, second = (new.state[supernet.shared[n]]["momentum_buffer"] for n in ("head.bias", "member.1/head.bias"))
    first.add_(1)
    assert not torch.equal(first, second)
    decays = {id(p): group["weight_decay"] for group in new.param_groups for p in group["params"]}
    assert decays[id(supernet.shared["member.1/head.weight"])] == 0.1
    assert decays[id(supernet.shared["member.1/head.bias"])] == 0.0


def test_a_scheme_of_one_set_of_tensors_is_not_split() -> None:
    supernet = own_cnn()
    with pytest.raises(InputError, match="'prefix' keeps one set of tensors, which cannot be split"):
        edit(supernet, [stepped(supernet)], Split(0, [SubSpace(SPACE)]))


def test_units_put_in_another_order_everywhere_change_no_output_and_take_their_memory_along() -> None:
    supernet = Supernet.from_builder(
        lambda a: nn.Sequential(nn.Flatten(), nn.Linear(64, int(a["width"])), nn.ReLU(), nn.Linear(int(a["width"]), 3)),
        SPACE.choices[1:2],
        SPACE.inputs,
    )
    optimizer = stepped(supernet)
    memory = optimizer.state[supernet.shared["1.weight"]]["momentum_buffer"]
    memory.copy_(torch.arange(memory.numel()).view_as(memory))
    x, largest = example(supernet, 2), supernet.space.largest
    with torch.no_grad():
        before, of_smallest = supernet(x, largest), supernet(x, supernet.space.smallest)
    order = np.array([5, 2, 0, 1, 4, 3])
    rows = memory.clone()[torch.from_numpy(order)]
    everywhere = {"1.weight": {0: order}, "1.bias": {0: order}, "3.weight": {1: order}}
    edit(supernet, [optimizer], Shrink(SubSpace(supernet.space), everywhere))
    with torch.no_grad():
        torch.testing.assert_close(supernet(x, largest), before)
        assert not torch.allclose(supernet(x, supernet.space.smallest), of_smallest)
    assert torch.equal(memory, rows)


def test_an_order_that_is_no_permutation_is_refused() -> None:
    supernet = own_cnn()
    with pytest.raises(InputError, match=r"Dimension 0 of 'head.bias' has 3 indices"):
        edit(supernet, [stepped(supernet)], Shrink(SubSpace(SPACE), {"head.bias": {0: np.array([0, 0, 1])}}))


def test_a_reset_sets_values_and_clears_their_memory_alone() -> None:
    supernet = own_cnn()
    optimizer = stepped(supernet)
    edit(supernet, [optimizer], Reset({"head.bias": torch.ones(3)}))
    assert supernet.shared["head.bias"].tolist() == [1.0, 1.0, 1.0]
    assert supernet.shared["head.bias"] not in optimizer.state
    assert supernet.shared["head.weight"] in optimizer.state


def test_values_of_another_shape_or_of_no_tensor_are_refused() -> None:
    supernet = own_cnn()
    for name in ("head.bias", "nowhere"):
        with pytest.raises(InputError, match=f"{name}' should take values of"):
            edit(supernet, [stepped(supernet)], Reset({name: torch.ones(2)}))


def test_pruning_is_for_schemes_that_mask() -> None:
    supernet = own_cnn()
    with pytest.raises(InputError, match=r"mask/head\.bias.*'prefix' does not fit the method"):
        edit(supernet, [stepped(supernet)], Prune({"head.bias": torch.ones(3)}))
    supernet.shared["mask/head.bias"] = torch.ones(3)
    edit(supernet, [stepped(supernet)], Prune({"head.bias": torch.tensor([1.0, 0.0, 1.0])}))
    assert supernet.shared["mask/head.bias"].tolist() == [1.0, 0.0, 1.0]


def test_with_a_new_task_the_optimizer_forgets_everything() -> None:
    supernet = own_cnn()
    optimizer = stepped(supernet)
    edit(supernet, [optimizer], NewTask(1))
    assert not optimizer.state


def test_a_scheme_that_is_told_members_takes_them_and_another_refuses() -> None:
    supernet = Supernet(SPACE, AssignedSharing(SPACE, members=2))
    edit(supernet, [], Assign({SPACE.largest.key: 1}))
    assert torch.equal(supernet.weights(SPACE.largest)["stem.weight"], supernet.shared["member.1/stem.weight"])
    with pytest.raises(InputError, match="use 'assigned'"):
        edit(own_cnn(), [], Assign({}))
