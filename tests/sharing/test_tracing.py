"""Where the axes of an operation's output come from, by their sizes."""

from math import prod

import pytest
import torch

from hwnas.sharing._axes import fresh, tree
from hwnas.sharing._tracing import (
    _RULES,
    Traced,
    _attended,
    _embedded,
    _glu,
    _normed,
    _shuffled,
    _stack,
    _transposed,
    _unsqueezed,
    work,
)

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


@pytest.mark.parametrize(
    ("one", "other", "sizes", "macs"),
    [
        ((2, 3), (3, 4), [2, 4], 2 * 3 * 4),
        ((5, 2, 3), (5, 3, 4), [5, 2, 4], 5 * 2 * 3 * 4),
        ((2, 3), (3,), [2], 2 * 3),
        ((3,), (3,), [], 3),
    ],
)
def test_a_product_of_matrices_multiplies_every_row_with_every_column(
    one: tuple[int, ...], other: tuple[int, ...], sizes: list[int], macs: int
) -> None:
    token = work.set([])
    try:
        for name in ("mm", "bmm", "mv", "dot"):
            axes = _RULES[name](None, (torch.zeros(one), torch.zeros(other)), {})
            assert [axis.size for axis in axes] == sizes
        multiplied = [(figure, prod(axis.size for axis in axes)) for _, figure, axes, _ in work.get() or []]
    finally:
        work.reset(token)
    assert multiplied == [("matmul_macs", macs)] * 4


def test_tensors_that_are_stacked_have_their_axes_in_common() -> None:
    one, other = (Traced(torch.zeros(3, 4, device="meta"), fresh((3, 4))) for _ in range(2))
    axes = _stack(torch.zeros(3, 2, 4), ([one, other], 1), {})
    assert [axis.size for axis in axes] == [3, 2, 4]
    assert [axis.root() for axis in one.axes] == [axis.root() for axis in other.axes] == [axes[0], axes[2]]


def test_a_normalisation_keeps_the_axes_and_its_weights_belong_to_the_channels() -> None:
    x, weight = (Traced(torch.zeros(shape, device="meta"), fresh(shape)) for shape in ((2, 3, 4), (3,)))
    (axes,) = _normed(1)(None, (x, weight), {})
    assert [axis.size for axis in axes] == [2, 3, 4]
    assert axes[1].root() is x.axes[1].root() is weight.axes[0].root()
    of_layers = Traced(torch.zeros(3, 4, device="meta"), fresh((3, 4)))
    (axes,) = _normed(None)(None, (x, of_layers), {})
    assert [axis.size for axis in axes] == [2, 3, 4]
    assert [axis.root().statistic for axis in axes] == [None, *["it is normalised over"] * 2]


@pytest.mark.parametrize(("arguments", "dim"), [((), 2), ((1,), 1), ((-2,), 1), ((0,), 0)])
def test_a_gate_halves_the_axis_that_it_is_told(arguments: tuple[int, ...], dim: int) -> None:
    sizes = [4, 6, 8]
    axes = _glu(None, (torch.zeros(sizes), *arguments), {})
    assert [axis.size for axis in axes] == [size // 2 if i == dim else size for i, size in enumerate(sizes)]


def test_attention_has_the_queries_length_and_the_values_width() -> None:
    query, key, value = torch.zeros(2, 5, 3), torch.zeros(2, 7, 3), torch.zeros(2, 7, 4)
    token = work.set([])
    try:
        (axes,) = _attended(None, (query, key, value), {})
        macs = [prod(axis.size for axis in multiplied) for _, _, multiplied, _ in work.get() or []]
    finally:
        work.reset(token)
    assert [axis.size for axis in axes] == [2, 5, 4]
    assert macs == [2 * 5 * 7 * 3, 2 * 5 * 7 * 4]


def test_a_shuffle_takes_the_channels_of_a_square_of_pixels() -> None:
    x = Traced(torch.zeros(2, 12, 4, 5, device="meta"), fresh((2, 12, 4, 5)))
    axes = _shuffled(torch.zeros(2, 3, 8, 10), (x, 2), {})
    assert [axis.size for axis in axes] == [2, 3, 8, 10]
    assert tree(x.axes[1]) == ("grid", (3, 4))
    assert x.axes[1].root().parts[0].root() is axes[1].root()


def test_permuting_puts_axes_where_it_is_told() -> None:
    x = Traced(torch.zeros(2, 3, 4, device="meta"), fresh((2, 3, 4)))
    assert _RULES["permute"](None, (x, [2, 0, 1]), {}) == [x.axes[2], x.axes[0], x.axes[1]]


def test_entries_taken_by_number_are_an_axis_of_their_own_and_those_they_are_taken_from_have_numbers() -> None:
    x = Traced(torch.zeros(2, 3, 4, device="meta"), fresh((2, 3, 4)))
    axes = _RULES["index_select"](torch.zeros(2, 5, 4), (x, 1, torch.zeros(5, dtype=torch.int64)), {})
    assert [axis.size for axis in axes] == [2, 5, 4]
    assert (axes[0], axes[2]) == (x.axes[0], x.axes[2])
    assert [bool(axis.root().looked_up) for axis in x.axes] == [False, True, False]
