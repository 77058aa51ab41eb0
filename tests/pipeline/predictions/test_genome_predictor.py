"""How sure a bound is, and how many rows that takes, by hand."""

import pytest

from hwnas.pipeline.predictions.genome_predictor import (
    ROWS_BESIDE_OTHERS,
    ROWS_TO_PREDICT,
    _both_sides,
    rows_to_plan,
)


@pytest.mark.parametrize(
    ("confidence", "both_sides"), [(None, None), (0.3, None), (0.5, None), (0.95, 0.9), (0.975, 0.95), (0.75, 0.5)]
)
def test_a_bound_that_is_exceeded_so_seldom_is_the_end_of_an_interval_that_leaves_out_as_much_below(
    confidence: float | None, both_sides: float | None
) -> None:
    assert _both_sides(confidence) == (None if both_sides is None else pytest.approx(both_sides))


def test_surer_bounds_take_more_rows() -> None:
    assert (ROWS_TO_PREDICT, ROWS_BESIDE_OTHERS) == (22, 10)  # of intervals of 95 % and 90 %
    assert [rows_to_plan(confidence) for confidence in (None, 0.5, 0.95, 0.975, 0.995)] == [0, 0, 10, 22, 110]
