"""Policies refuse settings that cannot learn, and are rewarded for what costs less."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result
from hwnas.strategies._controllers.policy_search import _rewards
from hwnas.strategies.random import RandomSearch
from hwnas.strategies.reinforce import reinforce

SPACE = SearchSpace([Choice(f"c{i}", (0, 1, 2)) for i in range(3)])


def made(**settings: float) -> object:
    return reinforce(SPACE, [Objective("accuracy", "max")], 0, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings", [{"group": 0}, {"rate": 0.0}, {"rate": -1.0}, {"decay": 1.0}, {"decay": 2.0}, {"decay": -0.1}]
)
def test_settings_that_cannot_learn_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(InputError, match="A policy needs group of at least 1, a positive rate and a decay below 1"):
        made(**settings)


def test_the_smallest_group_and_rate_are_taken() -> None:
    assert made(group=1, rate=1e-6, decay=0.0) is not None


def test_less_cost_is_more_reward_in_standard_deviations_of_all_so_far() -> None:
    strategy = RandomSearch(SPACE, [Objective("cost")], 0)
    trials = strategy.ask(3)
    strategy.tell([Result(trial, {"cost": cost}) for trial, cost in zip(trials, (2.0, 6.0, 4.0), strict=True)])
    rewards = _rewards(strategy.history, slice(0, 2), np.ones((2, 1)))
    assert rewards.tolist() == pytest.approx([0.0, -2.0])  # of the first two costs, 0 and 1, the deviation is 1/2
