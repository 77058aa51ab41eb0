from pathlib import Path

import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.training_step import Context
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.supertickets import least_pruned, supertickets
from tests.steps import step_of

SPACE = own_space()
TASK = TinyTask(SPACE.inputs[0])


def zeros_after_steps(tmp_path: Path, **settings: float) -> list[float]:
    """Share of pruned weights when each of twelve steps is done."""
    method = supertickets(SPACE, **settings)  # type: ignore[arg-type]
    supernet, shares = Supernet(SPACE, method.sharing, seed=0), []

    def look(_: object) -> None:
        masks = torch.cat([t.flatten() for n, t in supernet.shared.items() if n.startswith("mask/")])
        shares.append(float((masks == 0).float().mean()))

    Trainer(supernet, TASK, method, Recipe(epochs=6, batch_size=12, learning_rate=0.02), tmp_path).run(look)
    return shares


def test_the_least_of_all_tensors_together_are_pruned() -> None:
    masks = least_pruned({"a": torch.tensor([[1.0, -9.0]]), "b": torch.tensor([[0.5, 3.0], [-2.0, 8.0]])}, 0.5)
    assert masks["a"].tolist() == [[0.0, 1.0]]
    assert masks["b"].tolist() == [[0.0, 1.0], [0.0, 1.0]]


def test_more_is_pruned_in_each_phase_and_the_last_one_ends_as_sparse_as_asked(tmp_path: Path) -> None:
    shares = zeros_after_steps(tmp_path, sparsity=0.6, phases=3, reactivate=False)
    rises = sorted(set(shares))
    assert rises == pytest.approx([0, 0.2, 0.4, 0.6], abs=0.01)
    assert shares == sorted(shares)


def test_all_weights_take_part_again_between_two_phases_and_not_after_the_last(tmp_path: Path) -> None:
    shares = zeros_after_steps(tmp_path, sparsity=0.6, phases=3)
    first, last = next(i for i, share in enumerate(shares) if share), shares.index(max(shares))
    assert 0 in shares[first:last]
    assert shares[last:] == pytest.approx([0.6] * len(shares[last:]), abs=0.01)


def test_a_weight_under_a_mask_comes_back_where_it_outgrew_others() -> None:
    """What is ranked are values, which masks leave."""
    weights = {"a": torch.tensor([[1.0, 2.0]])}
    assert least_pruned(weights, 0.5)["a"].tolist() == [[0.0, 1.0]]
    weights["a"][0, 0] = 3.0
    assert least_pruned(weights, 0.5)["a"].tolist() == [[1.0, 0.0]]


def test_scales_of_norms_are_drawn_to_zero_and_other_tensors_not() -> None:
    method = supertickets(SPACE, scales=0.5, rises=0.0)
    norm, other = nn.Parameter(torch.tensor([2.0, -3.0])), nn.Parameter(torch.ones(2))
    norm.grad, other.grad = torch.zeros(2), torch.zeros(2)
    context = Context(step_of(SPACE, index=1), TASK, {"norms.0.weight": norm, "stem.bias": other})
    method.update.before_step(context, torch.optim.SGD([norm, other], 0.1))
    assert norm.grad.tolist() == [0.5, -0.5]
    assert other.grad.tolist() == [0, 0]


@pytest.mark.parametrize(
    "wrong", [{"sparsity": 0.0}, {"sparsity": 1.0}, {"phases": 0}, {"scales": -1.0}, {"rises": 2.0}]
)
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="needs a sparsity above 0"):
        supertickets(SPACE, **wrong)  # type: ignore[arg-type]
