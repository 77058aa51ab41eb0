import pytest
import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.evaluation.door import admit
from hwnas.sharing.supermask import is_of_task, is_weight, mask_of, score_of, supermask
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example, own_space
from hwnas.testing._tiny_task import TinyTask

SPACE = own_space()


def supernet_of(density: float = 0.25, tasks: int = 2) -> Supernet:
    return Supernet(SPACE, supermask(SPACE, tasks=tasks, density=density), seed=0)


def weights(supernet: Supernet) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in supernet.shared.items() if is_weight(name)}


def test_a_mask_takes_its_share_where_scores_are_largest_in_magnitude() -> None:
    assert mask_of(torch.tensor([[1.0, -4.0], [3.0, 2.0]]), 0.5).tolist() == [[0, 1], [1, 0]]
    assert mask_of(torch.tensor([1.0, 2.0]), 0.01).tolist() == [0, 1]  # never none


def test_weights_begin_as_constants_of_both_signs_under_masks_of_their_own() -> None:
    supernet = supernet_of()
    for name, weight in weights(supernet).items():
        assert len(weight.abs().unique()) == 1
        used = [supernet.weights(SPACE.largest, member=task)[name] for task in (0, 1)]
        assert not torch.equal(*used)
        for bound in used:
            assert int((bound != 0).sum()) == max(1, round(0.25 * weight.numel()))
            assert torch.equal(bound[bound != 0], weight[bound != 0])


def test_scores_learn_as_if_a_mask_were_they_and_other_tasks_learn_nothing() -> None:
    supernet = supernet_of()
    supernet(example(supernet, 4), SPACE.largest, training=True, member=1).square().sum().backward()
    name, weight = max(weights(supernet).items(), key=lambda item: item[1].numel())
    ours, others = (supernet.parameters[score_of(task, name)].grad for task in (1, 0))
    assert ours is not None
    assert others is None
    assert ours[mask_of(supernet.shared[score_of(1, name)], 0.25) == 0].any()  # what is masked out can come back
    assert weight.grad is not None
    assert not weight.grad[mask_of(supernet.shared[score_of(1, name)], 0.25) == 0].any()
    assert all(p.grad is None for n, p in supernet.parameters.items() if is_of_task(n, 0))


@pytest.mark.parametrize("wrong", [{"tasks": 0}, {"density": 0.0}, {"density": 1.5}])
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="needs tasks of at least 1"):
        supermask(SPACE, **wrong)  # type: ignore[arg-type]


def test_a_task_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="There are 2 tasks, numbered from 0, got 2"):
        supernet_of().extract(SPACE.largest, member=2)


def test_a_search_by_all_tasks_is_refused_and_one_task_is_as_any_supernet() -> None:
    task = TinyTask(SPACE.inputs[0])
    with pytest.raises(InputError, match=r"a network for each of several tasks.*member=TASK"):
        admit(supernet_of(), task)
    admit(supernet_of(tasks=1), task)
