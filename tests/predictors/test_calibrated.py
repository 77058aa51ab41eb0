"""How wide an interval must be, and how many rows that takes, by hand."""

import numpy as np
import pytest

from hwnas.predictors._calibrated import _conformal_quantile, rows_needed


@pytest.mark.parametrize(
    ("rows", "confidence", "rank"),
    [
        (19, 0.95, 19),  # 20 x 0.95
        (99, 0.95, 95),  # 100 x 0.95
        (10, 0.9, 10),  # 11 x 0.9 = 9.9
        (9, 0.9, 9),  # 10 x 0.9, exactly, whatever its rounding
        (4, 0.5, 3),  # 5 x 0.5 = 2.5
        (5, 0.99, 5),  # six would be needed: the largest there is
    ],
)
def test_the_width_is_the_error_that_so_many_of_one_more_are_within(rows: int, confidence: float, rank: int) -> None:
    errors = np.random.default_rng(0).permutation(np.arange(1.0, rows + 1))
    assert _conformal_quantile(errors, confidence) == rank


@pytest.mark.parametrize(("confidence", "rows"), [(0.5, 10), (0.9, 10), (0.95, 22), (0.99, 110)])
def test_nine_tenths_of_the_rows_are_enough_for_the_width(confidence: float, rows: int) -> None:
    """For 95 % it takes 19 rows, and 9/10 of 22 are 19.8."""
    assert rows_needed(confidence) == rows
