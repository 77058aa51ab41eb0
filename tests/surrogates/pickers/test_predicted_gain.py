"""What a batch adds to a front, by hand."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.surrogates.base.proposer import history_of
from hwnas.surrogates.base.seams import History
from hwnas.surrogates.pickers.predicted_gain import extent, greedy_hypervolume, preferences

FRONT, FAR = np.array([[0.0, 2.0], [2.0, 0.0]]), np.array([3.0, 3.0])


def history(figures: list[tuple[float, float]], objectives: list[Objective]) -> History:
    space = SearchSpace([Choice("n", tuple(range(10)))])
    results = [Result(Trial(space.architecture({"n": n})), {"a": a, "b": b}) for n, (a, b) in enumerate(figures)]
    return history_of(space, objectives, results)


def test_the_one_that_adds_most_comes_first_and_what_adds_nothing_then_is_left_out() -> None:
    """Areas of 1, 2.25, 0 and 1.8; beside the second, the first adds nothing and the last 0.5 x 0.9."""
    candidates = np.array([[1.0, 1.0], [0.5, 0.5], [3.0, 3.0], [0.0, 1.1]])
    assert greedy_hypervolume(FRONT, candidates, FAR, 4) == [1, 3]
    assert greedy_hypervolume(FRONT, candidates, FAR, 1) == [1]
    assert greedy_hypervolume(FRONT, candidates[[0, 2, 3]], FAR, 4) == [2, 0]  # 1.8, then 0.1 of the 1
    assert greedy_hypervolume(np.empty((0, 2)), candidates, FAR, 1) == [1]  # 6.25 against 5.7


def test_the_extent_is_that_of_the_front_or_of_all_where_the_front_has_none() -> None:
    both = [Objective("a"), Objective("b")]
    low, span = extent(history([(0.0, 4.0), (2.0, 1.0), (9.0, 9.0)], both))
    assert (low.tolist(), span.tolist()) == ([0.0, 1.0], [2.0, 3.0])
    low, span = extent(history([(1.0, 1.0), (5.0, 3.0)], both))
    assert (low.tolist(), span.tolist()) == ([1.0, 1.0], [4.0, 2.0])
    low, span = extent(history([(1.0, 1.0)], both))
    assert (low.tolist(), span.tolist()) == ([1.0, 1.0], [1.0, 1.0])
    low, span = extent(history([(1.0, 1.0)], both), np.array([[0.0, 6.0]]))
    assert (low.tolist(), span.tolist()) == ([0.0, 1.0], [1.0, 5.0])


def test_a_preference_is_a_cost_and_none_is_no_bound() -> None:
    objectives = [Objective("a", "max", preference=0.9), Objective("b")]
    found = preferences(history([(0.5, 1.0)], objectives))
    assert found.tolist() == [pytest.approx(-0.9), np.inf]
