"""Where the axes of an operation's output come from, by their sizes."""

import pytest
import torch

from hwnas.sharing._tracing import _embedded, _transposed, _unsqueezed

X = torch.zeros(2, 3, 4)


@pytest.mark.parametrize(
    ("dim", "sizes"), [(0, [1, 2, 3, 4]), (1, [2, 1, 3, 4]), (-1, [2, 3, 4, 1]), (-4, [1, 2, 3, 4])]
)
def test_a_new_axis_stands_where_it_was_asked_for(dim: int, sizes: list[int]) -> None:
    assert [axis.size for axis in _unsqueezed(None, (X, dim), {})] == sizes


def test_transposing_swaps_two_axes_and_of_a_matrix_those_it_has() -> None:
    assert [axis.size for axis in _transposed(None, (X, 0, 2), {})] == [4, 3, 2]
    assert [axis.size for axis in _transposed(None, (X, -1, 1), {})] == [2, 4, 3]
    assert [axis.size for axis in _transposed(None, (torch.zeros(5, 6),), {})] == [6, 5]
    assert [axis.size for axis in _transposed(None, (torch.zeros(5),), {})] == [5]


def test_an_embedding_adds_the_width_of_its_table_to_the_axes_of_its_indices() -> None:
    axes = _embedded(None, (torch.zeros(100, 8), torch.zeros(2, 7, dtype=torch.int64)), {})
    assert [axis.size for axis in axes] == [2, 7, 8]
