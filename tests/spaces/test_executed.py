"""What of a cell a device runs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.spaces._executed import executed_features

OPTIONS = ("none", "skip", "conv")
NODES = {"ab": (0, 1), "ac": (0, 2), "bc": (1, 2), "ad": (0, 3), "bd": (1, 3), "cd": (2, 3)}
CHOICES = [Choice(name, OPTIONS, ordered=False) for name in NODES]
FEATURES, NAMES = executed_features(CHOICES, NODES, foldable=("conv",))


def told(**edges: str) -> dict[str, float]:
    genome = np.array([[OPTIONS.index(edges.get(name, "none")) for name in NODES]])
    return dict(zip(NAMES, FEATURES(genome)[0].tolist(), strict=True))


def convolutions(**edges: str) -> list[float]:
    """Per way."""
    return [value for name, value in told(**edges).items() if name.endswith(":conv")]


def test_the_ways_differ_in_what_is_dead() -> None:
    whole = {"ab": "conv", "bd": "conv"}
    assert convolutions(**whole) == [2, 2, 2, 2, 2]
    assert convolutions(**whole, cd="conv") == [3, 3, 2, 3, 3]  # of c nothing enters
    assert convolutions(**whole, bc="skip") == [2, 2, 2, 2, 2]
    assert convolutions(cd="conv") == [1, 1, 0, 0, 0]  # nothing passes
    assert convolutions(**whole, ac="conv") == [3, 2, 2, 2, 3]  # alone enters c, which leads nowhere: folded, and runs
    assert convolutions(**whole, ac="conv", bc="skip") == [3, 2, 2, 2, 2]  # not alone
    assert convolutions(ac="conv") == [1, 0, 0, 0, 0]


def test_without_options_that_fold_there_is_no_such_way() -> None:
    _, names = executed_features(CHOICES, NODES)
    assert not any(name.startswith("folded") for name in names)


def passes(cell: IntArray, start: int = 0) -> bool:
    return start == 3 or any(
        passes(cell, end)
        for option, (begin, end) in zip(cell, NODES.values(), strict=True)
        if option and begin == start
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_every_way_runs_no_more_than_is_written_and_live_runs_what_is_on_a_path(cell: list[int]) -> None:
    found = dict(zip(NAMES, FEATURES(np.array([cell]))[0].tolist(), strict=True))
    for figure in ("skip", "conv", "any"):
        assert (
            found[f"live:{figure}"]
            <= found[f"constant:{figure}"]
            <= found[f"needed:{figure}"]
            <= found[f"all:{figure}"]
        )
        assert found[f"constant:{figure}"] <= found[f"folded:{figure}"] <= found[f"all:{figure}"]
    assert found["live:any"] == passes(np.array(cell))


def test_edges_that_are_no_cell_are_refused() -> None:
    with pytest.raises(InputError, match="got 'x'"):
        executed_features(CHOICES, {"x": (0, 1)})
    with pytest.raises(InputError, match="same options"):
        executed_features([*CHOICES, Choice("de", ("none", "pool"))], {**NODES, "de": (3, 4)})
    with pytest.raises(InputError, match="higher number"):
        executed_features(CHOICES, {"ab": (1, 1)})
