"""A search has stalled when its last rounds added less than a thousandth, or less than the noise explains."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.searches.stall import has_stalled

SPACE = SearchSpace([Choice("n", tuple(range(64)))])
OBJECTIVES = [Objective("a"), Objective("b")]


def results(*points: tuple[float, float]) -> list[Result]:
    return [Result(Trial(SPACE.decode(np.array([i]))), {"a": a, "b": b}) for i, (a, b) in enumerate(points)]


FRONT = [(0.0, 1.0), (1.0, 0.0)]


@pytest.mark.parametrize(
    ("then", "stalled"),
    [
        ([(2.0, 2.0), (1.5, 3.0)], True),  # nothing of them is on the front
        ([(0.5, 0.5)], False),  # a quarter of the box
        ([(0.9995, 0.9995)], True),  # of a box of 1.1 x 1.1 less than a thousandth
    ],
)
def test_rounds_that_add_next_to_nothing_are_in_vain(then: list[tuple[float, float]], stalled: bool) -> None:  # noqa: FBT001
    found = results(*FRONT, *then)
    assert has_stalled(SPACE, OBJECTIVES, found, [2, len(found)], 1) is stalled


def test_only_the_last_rounds_count_and_there_must_be_so_many() -> None:
    found = results(*FRONT, (0.5, 0.5), (3.0, 3.0))
    assert not has_stalled(SPACE, OBJECTIVES, found, [2, 3, 4], 2)
    assert has_stalled(SPACE, OBJECTIVES, found, [2, 3, 4], 1)
    assert not has_stalled(SPACE, OBJECTIVES, found, [2, 3, 4], 3)


def test_as_long_as_nothing_was_within_the_limits_it_goes_on() -> None:
    limited = [Objective("a", limit=0.4), Objective("b", limit=0.4)]
    assert not has_stalled(SPACE, limited, results(*FRONT, (2.0, 2.0)), [2, 3], 1)


def test_a_gain_that_noise_explains_is_none() -> None:
    noisy = [Objective("a", noisy=True), Objective("b", noisy=True)]
    found = results(*FRONT, (0.45, 0.45))
    repeated = [*found, Result(Trial(found[0].trial.architecture, seed=1), {"a": 1.0, "b": 2.0})]  # off by 1 each
    assert not has_stalled(SPACE, OBJECTIVES, found, [2, 3], 1)
    assert has_stalled(SPACE, noisy, repeated, [2, 4], 1)
