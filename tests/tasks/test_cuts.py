import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwnas.tasks._cuts import dealt, parts


@given(st.lists(st.integers(0, 30), min_size=1, max_size=5).filter(sum))
def test_every_part_gets_its_number_and_its_share_of_neighbours(sizes: list[int]) -> None:
    owner = dealt(sizes)
    assert np.bincount(owner, minlength=len(sizes)).tolist() == sizes
    half = np.bincount(owner[: len(owner) // 2], minlength=len(sizes))
    assert all(abs(2 * h - size) <= 2 for h, size in zip(half, sizes, strict=True))


@given(
    st.lists(st.integers(0, 12), min_size=20, max_size=80).filter(lambda rows: len(set(rows)) > 6), st.integers(0, 9)
)
def test_equal_rows_go_to_one_part_and_every_part_gets_some(values: list[int], seed: int) -> None:
    owner = parts([bytes([v]) for v in values], None, (0.15, 0.15, 0.7), seed)
    homes: dict[int, set[int]] = {}
    for value, home in zip(values, owner.tolist(), strict=True):
        homes.setdefault(value, set()).add(home)
    assert all(len(home) == 1 for home in homes.values())
    assert set(owner.tolist()) == {0, 1, 2}
