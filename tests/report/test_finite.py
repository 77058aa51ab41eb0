"""Every float of a story is looked at, and the one that is no figure is named."""

import math
from dataclasses import dataclass

import pytest

from hwnas.contracts.errors import InputError
from hwnas.report._finite import require_finite


@dataclass(frozen=True)
class Point:
    x: float
    label: str = "nan"


def test_figures_words_and_nothing_pass() -> None:
    require_finite({"points": [Point(1.0), Point(-1e300)], "none": None, "count": 3})


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (math.nan, "story"),
        (Point(math.inf), "story.x"),
        ({"points": (Point(0.0), Point(-math.inf))}, r"story.points\[1\].x"),
        ([[0.0], [0.0, math.nan]], r"story\[1\]\[1\]"),
    ],
)
def test_what_is_none_is_named_with_its_place(value: object, place: str) -> None:
    with pytest.raises(InputError, match=rf"A report needs finite figures, got -?(nan|inf) at {place};"):
        require_finite(value)
