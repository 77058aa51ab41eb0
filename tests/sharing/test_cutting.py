"""Parts of a larger tensor, by hand."""

import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.sharing import Slot
from hwnas.sharing._cutting import cut

TENSOR = torch.arange(5 * 4.0).reshape(5, 4)


def test_the_first_rows_and_columns_are_taken_and_the_middle_of_a_kernel() -> None:
    assert torch.equal(cut("w", TENSOR, Slot((2, 3))), TENSOR[:2, :3])
    kernels = torch.arange(2 * 25.0).reshape(2, 5, 5)
    assert torch.equal(cut("w", kernels, Slot((1, 3, 3), spatial=2)), kernels[:1, 1:4, 1:4])


def test_the_same_shape_is_the_tensor_itself_and_less_is_a_view_with_its_gradient() -> None:
    assert cut("w", TENSOR, Slot((5, 4))) is TENSOR
    shared = TENSOR.clone().requires_grad_()
    cut("w", shared, Slot((2, 2))).sum().backward()
    assert shared.grad is not None
    assert shared.grad.sum() == 4
    assert shared.grad[:2, :2].sum() == 4


def test_runs_are_put_together_few_or_many() -> None:
    few = cut("w", TENSOR, Slot((3, 4), runs=(((0, 1), (3, 2)), ())))
    assert torch.equal(few, TENSOR[[0, 3, 4]])
    long = torch.arange(40.0)
    runs = tuple((start, 1) for start in range(0, 40, 4))
    assert cut("b", long, Slot((10,), runs=(runs,))).tolist() == list(range(0, 40, 4))


@pytest.mark.parametrize(
    ("tensor", "said"), [(None, "is missing"), (TENSOR[0], r"has \(4,\)"), (TENSOR[:1], r"has \(1, 4\)")]
)
def test_a_tensor_that_does_not_reach_is_refused_by_name(tensor: torch.Tensor | None, said: str) -> None:
    with pytest.raises(InputError, match=rf"Tensor 'w' should reach \(2, 3\), the shared one {said};"):
        cut("w", tensor, Slot((2, 3)))
