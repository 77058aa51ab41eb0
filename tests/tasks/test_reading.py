"""What is read at once and what only when it is wanted."""

import numpy as np
import pytest

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
