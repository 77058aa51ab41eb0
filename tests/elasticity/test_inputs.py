"""Examples for a proof: everything differs, and stays what the network can take."""

import pytest
import torch

from hwnas.contracts.search_space import InputSpec
from hwnas.elasticity._inputs import two_of, varied


@pytest.mark.parametrize("high", [3, 50])
def test_ids_are_drawn_from_the_whole_vocabulary(high: int) -> None:
    (drawn,) = varied([torch.zeros(40, 30, dtype=torch.int64)], [InputSpec("ids", (30,), "int64", high)])
    assert drawn.dtype == torch.int64
    assert set(drawn.flatten().tolist()) == set(range(high))


def test_masks_stay_as_they_are() -> None:
    mask = torch.tensor([[1, 1, 0], [1, 0, 0]])
    (kept,) = varied([mask], [InputSpec("mask", (3,), "int64", 2)])
    assert torch.equal(kept, mask)


def test_numbers_move_by_about_half_their_spread() -> None:
    given = 10 * torch.randn(4000, generator=torch.Generator().manual_seed(0)) + 3
    (moved,) = varied([given], [InputSpec("x", (1,))])
    assert float((moved - given).std()) == pytest.approx(5, rel=0.1)
    (moved,) = varied([torch.zeros(4000)], [InputSpec("x", (1,))])  # without a spread, as if it were 1
    assert float(moved.std()) == pytest.approx(0.5, rel=0.1)


def test_of_one_example_there_are_two_and_of_three_the_first_two() -> None:
    one, three = torch.ones(1, 2), torch.arange(6.0).reshape(3, 2)
    assert [x.tolist() for x in two_of({"a": one, "b": three})] == [[[1.0, 1.0]] * 2, [[0.0, 1.0], [2.0, 3.0]]]
