"""Lists of numbers in rows are arrays, in whatever way the rows come."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from hwnas.contracts.errors import InputError
from hwnas.tasks._collated import collated
from hwnas.tasks._reading import read

N = 8
IDS = np.arange(N * N).reshape(N, N)  # as many examples as places: turned round it has the same shape
ROWS: list[Any] = [{"ids": row.tolist(), "label": number % 2} for number, row in enumerate(IDS)]


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("kind", ["named", "loader", "stream", "pairs"])
def test_a_list_of_numbers_is_one_input_of_its_example(kind: str, *, in_memory: bool) -> None:
    sources = {
        "named": ROWS,
        "loader": DataLoader(ROWS, 3),
        "stream": (row for row in ROWS),
        "pairs": [(row["ids"], row["label"]) for row in ROWS],
    }
    inputs, labels = read(sources[kind], "data", None, None, in_memory=in_memory).take(np.arange(N))
    (ids,) = inputs.values()
    np.testing.assert_array_equal(ids, IDS)
    assert labels.tolist() == [0, 1] * (N // 2)


def test_nested_lists_have_their_shape_and_lists_of_arrays_are_several_inputs() -> None:
    picture, label = collated([([[1, 2, 3], [4, 5, 6]], 0)] * 4)
    assert (picture.shape, label.shape) == ((4, 2, 3), (4,))
    both, _ = collated([([torch.zeros(2), torch.ones(3)], 0)] * 4)
    assert [x.shape for x in both] == [(4, 2), (4, 3)]


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="numbers of the same shape: pad or crop them"):
        read([([1] * (1 + i % 2), 0) for i in range(4)], "data", None, None)
