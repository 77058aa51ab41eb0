"""What every problem must keep; one whose data is not on this machine (HWNAS_DATA names its folder) is skipped."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.problem import Problem
from hwnas.contracts.trial import Trial
from hwnas.testing._subject import Found


@dataclass(frozen=True, eq=False)
class Subject(Found):
    """A problem, made once for all its tests."""

    @cached_property
    def problem(self) -> Problem:
        """What it gives, or a skipped test where its data is not here."""
        try:
            problem = self.make()
        except InputError as error:
            if "HWNAS_DATA" not in str(error):
                raise
            pytest.skip(str(error))
        assert isinstance(problem, Problem), f"{self} should give a Problem, got {type(problem).__name__}"
        return problem

    @property
    def some(self) -> Sequence[Architecture]:
        """Its smallest and largest architecture, and five others."""
        space = self.problem.space
        drawn = space.sample(5, np.random.default_rng(0))
        return [space.smallest, space.largest, *map(space.decode, drawn)]


class Contract:
    """The tests."""

    def test_every_objective_is_answered_with_a_finite_figure(self, subject: Subject) -> None:
        problem = subject.problem
        assert problem.title
        answers = list(problem.evaluate(subject.some))
        assert len(answers) == len(subject.some), f"{subject} gives {len(answers)} answers to {len(subject.some)}"
        for answer in answers:
            for objective in problem.objectives:
                assert math.isfinite(answer[objective.name]), f"{subject} answers {objective.name} with {answer}"

    def test_trials_are_answered_in_their_order_and_alike_again(self, subject: Subject) -> None:
        problem, some = subject.problem, subject.some
        trials = [Trial(a) for a in some]
        assert list(problem.evaluate([], trials)) == list(problem.evaluate([], trials)) == list(problem.evaluate(some))

    def test_every_cheaper_look_is_answered_and_costs_less(self, subject: Subject) -> None:
        problem = subject.problem
        assert set(problem.fidelities) <= set(problem.shares)
        assert problem.shares["full"] == 1.0
        for fidelity in problem.fidelities:
            assert 0 < problem.shares[fidelity] < 1
            (answer,) = problem.evaluate([], [Trial(subject.some[0], fidelity)])
            assert math.isfinite(answer[problem.objectives[0].name])

    def test_nothing_it_answers_dominates_its_front(self, subject: Subject) -> None:
        problem = subject.problem
        front = problem.front()
        if front is None:
            return
        signs = np.array([o.sign for o in problem.objectives])
        costs = np.array([[r.figures[o.name] for o in problem.objectives] for r in front]) * signs
        for architecture, answer in zip(subject.some, problem.evaluate(subject.some), strict=True):
            mine = np.array([answer[o.name] for o in problem.objectives]) * signs
            better = ((mine <= costs).all(axis=1) & (mine < costs).any(axis=1)).any()
            assert not better, f"{architecture} with {answer} is better than something on the front of {subject}"
