"""A cohort that is halved, trial by trial."""

import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.strategies.successive_halving import SuccessiveHalving

SPACE = SearchSpace([Choice("size", tuple(range(1000)))])
RUNGS = {"low": 1 / 9, "mid": 1 / 3, "full": 1.0}


def halving(**settings: int) -> SuccessiveHalving:
    return SuccessiveHalving(SPACE, [Objective("cost")], 0, fidelities=RUNGS, eta=3, **settings)


def answered(trials: list[Trial]) -> list[Result]:
    """The smaller the cheaper."""
    return [Result(trial, {"cost": float(trial.architecture["size"])}) for trial in trials]


def sizes(trials: list[Trial]) -> list[float]:
    return [float(trial.architecture["size"]) for trial in trials]


def test_the_best_third_of_a_rung_goes_on_once_all_of_it_is_answered() -> None:
    strategy = halving(cohort=9)
    first = strategy.ask(9)
    assert {trial.fidelity for trial in first} == {"low"}
    strategy.tell(answered(first[:8]))
    (early,) = strategy.ask(1)  # one answer is missing, so the next cohort begins
    assert early.fidelity == "low"
    strategy.tell(answered(first[8:]))
    middle = strategy.ask(3)
    assert {trial.fidelity for trial in middle} == {"mid"}
    assert sorted(sizes(middle)) == sorted(sizes(first))[:3]
    strategy.tell(answered(middle))
    (last,) = strategy.ask(1)
    assert (last.fidelity, sizes([last])) == ("full", [min(sizes(first))])
    strategy.tell(answered([last]))
    assert {trial.fidelity for trial in strategy.ask(8)} == {"low"}  # with the early one, the second cohort of nine


def test_of_a_cohort_smaller_than_eta_one_goes_on() -> None:
    strategy = halving(cohort=2)
    two = strategy.ask(2)
    strategy.tell(answered(two))
    (on,) = strategy.ask(1)
    assert (on.fidelity, sizes([on])) == ("mid", [min(sizes(two))])


@pytest.mark.parametrize("eta", [1, 0, -2])
def test_halving_by_less_than_two_is_refused(eta: int) -> None:
    with pytest.raises(InputError, match="Halving needs eta of at least 2"):
        SuccessiveHalving(SPACE, [Objective("cost")], 0, fidelities=RUNGS, eta=eta)
    with pytest.raises(InputError, match="a cohort of at least 1"):
        halving(cohort=0)
