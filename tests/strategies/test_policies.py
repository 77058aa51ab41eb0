"""Policies with their own settings learn: what they write later is better than what they began with."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strategy import Strategy
from hwnas.contracts.trial import Result
from hwnas.strategies._controllers.lstm import Controller
from hwnas.strategies.enas import enas
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


def test_to_enas_no_option_is_ever_more_than_two_and_a_half_times_as_likely_as_another() -> None:
    strategy = enas(SPACE, [Objective("cost")], 0)
    controller = Controller(SPACE, 1, strategy.shape, np.random.default_rng(0))
    for tensor in controller.parameters[2:4]:  # what logits are made by: as sure as it can become
        np.multiply(tensor, 1e4, out=tensor)
    wanted = np.ones((200, 1))
    genomes = controller.sample(wanted, np.random.default_rng(1))
    others = genomes.copy()
    others[:, -1] = (others[:, -1] + 1) % 4
    ratio = np.exp(np.abs(controller.log_chance(genomes, wanted) - controller.log_chance(others, wanted))).max()
    assert 2.3 < ratio < 2.5
