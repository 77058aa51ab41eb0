"""Reference directions: even, few enough, and with the axes among them."""

import numpy as np
import pytest

from hwnas.strategies.unsga3 import directions


@pytest.mark.parametrize(("m", "most"), [(1, 5), (2, 50), (3, 50), (4, 2)])
def test_directions_sum_to_one_and_hold_the_axes(m: int, most: int) -> None:
    found = directions(m, most)
    assert np.allclose(found.sum(axis=1), 1)
    assert (found >= 0).all()
    assert len(np.unique(found, axis=0)) == len(found) <= max(m, most)
    assert all((found == axis).all(axis=1).any() for axis in np.eye(m))


def test_they_are_as_many_as_there_can_be() -> None:
    assert len(directions(2, 50)) == 50
    assert len(directions(3, 50)) == 45  # 8 parts; 9 would give 55
