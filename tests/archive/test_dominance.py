"""Constraint domination, against its definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hwnas.archive import non_dominated

SMALL = st.integers(0, 4).map(float)


def dominates(a: np.ndarray, va: float, b: np.ndarray, vb: float) -> bool:
    if va > 0 or vb > 0:
        return va < vb
    return bool((a <= b).all() and (a < b).any())


@given(st.data(), st.integers(1, 12), st.integers(1, 4))
def test_exactly_the_rows_that_no_other_row_dominates_are_kept(data: st.DataObject, n: int, m: int) -> None:
    costs = data.draw(arrays(np.float64, (n, m), elements=SMALL))
    violations = data.draw(arrays(np.float64, n, elements=st.sampled_from([0.0, 0.0, 0.5, 1.0])))
    expected = [
        not any(dominates(costs[j], violations[j], costs[i], violations[i]) for j in range(n)) for i in range(n)
    ]
    assert non_dominated(costs, violations).tolist() == expected


def test_nothing_has_an_empty_front() -> None:
    assert non_dominated(np.empty((0, 2))).shape == (0,)
