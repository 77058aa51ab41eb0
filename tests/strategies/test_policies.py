"""Policies with their own settings learn: what they write later is better than what they began with."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strategy import Strategy
from hwnas.contracts.trial import Result
from hwnas.strategies.ppo import ppo
from hwnas.strategies.reinforce import reinforce

SPACE = SearchSpace([Choice(f"c{i}", (0, 1, 2, 3)) for i in range(8)])


def costs_of(strategy: Strategy, groups: int) -> list[float]:
    found: list[float] = []
    for _ in range(groups):
        trials = strategy.ask(strategy.batch)
        costs = [float(sum(int(option) for option in trial.architecture.values())) for trial in trials]
        strategy.tell([Result(trial, {"cost": cost}) for trial, cost in zip(trials, costs, strict=True)])
        found += costs
    return found


@pytest.mark.parametrize("policy", [reinforce, ppo])
def test_a_policy_comes_to_write_what_costs_less(policy: type) -> None:
    costs = costs_of(policy(SPACE, [Objective("cost")], 0), groups=40)
    assert np.mean(costs[:40]) == pytest.approx(12, abs=1.5)  # as drawn evenly
    assert np.mean(costs[-40:]) < 8
