"""What every problem must keep, run over all whose data is there; the published tables are named by HWNAS_DATA."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import find, names
from hwnas.contracts.problem import Problem
from hwnas.contracts.trial import Trial


@pytest.fixture(scope="module", params=names("problems"))
def problem(request: pytest.FixtureRequest) -> Problem:
    try:
        found = find("problems", request.param)()  # type: ignore[operator]
    except InputError as error:
        if "HWNAS_DATA" not in str(error):
            raise
        pytest.skip(str(error))
    assert isinstance(found, Problem)
    return found


@pytest.fixture
def some(problem: Problem) -> Sequence[Architecture]:
    drawn = problem.space.sample(5, np.random.default_rng(0))
    return [problem.space.smallest, problem.space.largest, *(problem.space.decode(g) for g in drawn)]


def test_every_objective_is_answered_with_a_finite_figure(problem: Problem, some: Sequence[Architecture]) -> None:
    assert problem.title
    answers = list(problem.evaluate(some))
    assert len(answers) == len(some)
    assert all(math.isfinite(answer[o.name]) for answer in answers for o in problem.objectives)


def test_trials_are_answered_in_their_order_and_alike_again(problem: Problem, some: Sequence[Architecture]) -> None:
    trials = [Trial(a) for a in some]
    assert list(problem.evaluate([], trials)) == list(problem.evaluate([], trials)) == list(problem.evaluate(some))


def test_every_cheaper_look_is_answered_and_costs_less(problem: Problem, some: Sequence[Architecture]) -> None:
    assert set(problem.fidelities) <= set(problem.shares)
    assert problem.shares["full"] == 1.0
    for fidelity in problem.fidelities:
        assert 0 < problem.shares[fidelity] < 1
        (answer,) = problem.evaluate([], [Trial(some[0], fidelity)])
        assert math.isfinite(answer[problem.objectives[0].name])


def test_nothing_it_answers_dominates_its_front(problem: Problem, some: Sequence[Architecture]) -> None:
    front = problem.front()
    if front is None:
        return
    signs = np.array([o.sign for o in problem.objectives])
    costs = np.array([[r.figures[o.name] for o in problem.objectives] for r in front]) * signs
    for answer in problem.evaluate(some):
        mine = np.array([answer[o.name] for o in problem.objectives]) * signs
        assert not ((mine <= costs).all(axis=1) & (mine < costs).any(axis=1)).any()
