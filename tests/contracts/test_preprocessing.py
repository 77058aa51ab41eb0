"""How raw values become inputs, by hand, and what makes no sense."""

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.preprocessing import Preprocessing


def test_one_mean_and_deviation_are_of_all_values() -> None:
    prepared = Preprocessing(0.5, 1.0, 2.0)(np.array([[2.0, 4.0]], np.float64))
    assert prepared.tolist() == [[0.0, 0.5]]
    assert prepared.dtype == np.float32


def test_one_per_channel_are_of_the_first_axis_of_an_example() -> None:
    raw = np.full((2, 2, 1, 3), 4, np.uint8)
    prepared = Preprocessing(0.5, (1.0, 0.0), (1.0, 4.0))(raw)
    assert prepared.shape == raw.shape
    assert prepared[:, 0].ravel().tolist() == [1.0] * 6
    assert prepared[:, 1].ravel().tolist() == [0.5] * 6


def test_how_many_channels_it_is_for() -> None:
    assert Preprocessing(1, 0, 1).channels is None
    assert Preprocessing(1, (0, 0, 0), 1).channels == 3
    assert Preprocessing(1, 0, (1, 1)).channels == 2
    assert Preprocessing(1, np.zeros(2, np.float32), 1).mean == (0.0, 0.0)


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        (("1", 0.0, 1.0), "takes numbers, or one per channel"),
        ((1.0, [[0.0]], 1.0), "takes numbers, or one per channel"),
        ((1.0, None, 1.0), "takes numbers, or one per channel"),
        (((1.0, 1.0), 0.0, 1.0), "takes one scale"),
        ((1.0, (0.0, 0.0), (1.0, 1.0, 1.0)), "as many means as deviations"),
        ((1.0, (), ()), "as many means as deviations"),
        ((float("nan"), 0.0, 1.0), "finite numbers"),
        ((1.0, 0.0, 0.0), "deviations above 0"),
        ((1.0, 0.0, (1.0, -1.0)), "deviations above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(figures: tuple[object, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Preprocessing(*figures)  # type: ignore[arg-type]
