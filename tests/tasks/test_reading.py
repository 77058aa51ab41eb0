"""What is read at once and what only when it is wanted."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

from hwnas.contracts.errors import InputError
from hwnas.tasks._reading import read


class Rows:
    """So many examples of so many float32 zeros; counts those that were asked for, and gives no more than 2,000."""

    def __init__(self, length: int, width: int) -> None:
        self.length, self.width, self.asked = length, width, 0

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, number: int) -> tuple[np.ndarray, int]:
        if not 0 <= number < self.length:
            raise IndexError(number)
        self.asked += 1
        assert self.asked <= 2000
        return np.zeros(self.width, np.float32), number % 2


@pytest.mark.parametrize(("length", "width"), [(4, 1), (4, 64), (300, 3)])
def test_what_is_small_is_read_once_and_kept(length: int, width: int) -> None:
    source = read(rows := Rows(length, width), "data", None, None)
    assert source.held
    before = rows.asked
    inputs, labels = source.take(np.arange(length))
    assert [x.shape for x in inputs.values()] == [(length, width)]
    assert labels.tolist() == [number % 2 for number in range(length)]
    assert rows.asked == before


@pytest.mark.parametrize(("length", "width"), [(2**28 + 1, 1), (2**22 + 1, 64)])
def test_what_takes_more_than_one_gibibyte_is_read_when_it_is_wanted(length: int, width: int) -> None:
    source = read(rows := Rows(length, width), "data", None, None)
    assert not source.held
    assert len(source) == length
    assert rows.asked < 100


def test_the_user_decides_where_he_says_so() -> None:
    for in_memory in (True, False):
        assert read(Rows(4, 1), "data", None, None, in_memory=in_memory).held == in_memory


def test_arrays_with_a_mask_are_refused_and_those_that_mask_nothing_are_read() -> None:
    x = np.arange(6.0).reshape(3, 2)
    with pytest.raises(InputError, match="an array with a mask, and what it masks has no value"):
        read((np.ma.masked_array(x, x > 4), np.arange(3)), "mine", None, None)
    assert len(read((np.ma.masked_array(x, x > 9), np.arange(3)), "mine", None, None)) == 3


def test_tensors_that_numpy_does_not_know_are_read_or_refused_in_a_sentence() -> None:
    x = torch.arange(6.0).reshape(3, 2)
    given, _ = read((x.bfloat16(), np.arange(3)), "mine", None, None).take(np.arange(3))
    np.testing.assert_array_equal(given["input"], x.numpy())
    with pytest.raises(InputError, match="input 'input' should be numbers"):
        read((x.to_sparse(), np.arange(3)), "mine", None, None)


def test_two_rows_are_no_inputs_and_labels() -> None:
    with pytest.raises(InputError, match="input 'input1' should be an array with one entry for each example, got 7"):
        read([(np.zeros(3), 7), (np.ones(3), 8)], "mine", None, None)


def test_what_has_names_and_no_rows_is_told_how_to_be_given() -> None:
    with pytest.raises(InputError, match=r"has train, test by name; give each split by itself"):
        read({"train": Rows(4, 1), "test": Rows(4, 1)}, "mine", None, None)


def test_a_loader_without_a_batch_size_is_refused() -> None:
    loader = DataLoader(Numbers(), batch_size=None)
    with pytest.raises(InputError, match="a loader without batch_size, which may give an example or a batch"):
        read(loader, "mine", None, None)


def test_rows_of_a_stream_without_a_batch_size_are_whole_batches_and_said_to_be() -> None:
    class Stream(IterableDataset[tuple[np.ndarray, object]]):
        def __init__(self, labels: object) -> None:
            self.labels = labels

        def __iter__(self) -> Iterator[tuple[np.ndarray, object]]:
            return iter([(np.zeros((2, 3)), self.labels)] * 3)

    assert len(read(DataLoader(Stream(np.arange(2)), batch_size=None), "mine", None, None)) == 6
    with pytest.raises(InputError, match=r"whole batches, as its loader has no batch_size\): labels"):
        read(DataLoader(Stream(1), batch_size=None), "mine", None, None)


class Numbers(Dataset[tuple[float, int]]):
    def __len__(self) -> int:
        return 10

    def __getitem__(self, number: int) -> tuple[float, int]:
        return number / 10, number
