"""The recurrent policy: right gradients, legal genomes, and it learns."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.listing import every_genome
from hwnas.strategies._controllers.lstm import Controller, Shape
from hwnas.strategies.ppo import clipped
from hwnas.surrogates.regressors.mlp import Adam

SPACE = SearchSpace(
    [
        Choice("kernel", (3, 5, 7), active_if={"depth": (2, 3)}),  # written after its parent, though it stands before
        Choice("depth", (1, 2, 3)),
        Choice("fixed", (1,)),
        Choice("kind", ("a", "b"), ordered=False),
    ]
)
SHAPES = [Shape(6), Shape(5, layers=2), Shape(5, bound=0.8, temperature=2.0)]


def controller(shape: Shape, m: int = 2) -> Controller:
    made = Controller(SPACE, m, shape, np.random.default_rng(0))
    for p in made.parameters:  # larger than they begin, so that gates and bounds matter
        np.copyto(p, 8 * p)
    return made


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gradient_is_that_of_finite_differences(shape: Shape) -> None:
    policy, rng = controller(shape), np.random.default_rng(1)
    genomes, wanted, weights = SPACE.sample(7, rng), rng.dirichlet([1, 1], size=7), rng.standard_normal(7)
    gradients = policy.gradient(genomes, wanted, weights)
    for parameter, gradient in zip(policy.parameters, gradients, strict=True):
        place = np.unravel_index(int(np.argmax(np.abs(gradient))), gradient.shape)
        found = []
        for step in (1e-6, -1e-6):
            parameter[place] += step
            found.append(float(weights @ policy.log_chance(genomes, wanted)))
            parameter[place] -= step
        assert gradient[place] == pytest.approx((found[0] - found[1]) / 2e-6, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("shape", SHAPES)
def test_chances_of_all_architectures_sum_to_one_and_samples_follow_them(shape: Shape) -> None:
    policy, rng = controller(shape), np.random.default_rng(1)
    every = every_genome(SPACE)
    chance = np.exp(policy.log_chance(every, np.tile([0.3, 0.7], (len(every), 1))))
    assert chance.sum() == pytest.approx(1)
    drawn = policy.sample(np.tile([0.3, 0.7], (4000, 1)), rng)
    share = (drawn[:, None, :] == every[None]).all(axis=2).mean(axis=0)
    assert np.abs(share - chance).max() < 0.03


def test_entropy_pulls_towards_uniform() -> None:
    policy, wanted = controller(Shape(6)), np.tile([0.5, 0.5], (30, 1))
    optimizer, rng = Adam(0.05), np.random.default_rng(0)
    for _ in range(60):
        some = policy.sample(wanted, rng)
        optimizer.step(policy.parameters, [-g for g in policy.gradient(some, wanted, np.zeros(30), 1.0)])
    every = every_genome(SPACE)
    chance = np.exp(policy.log_chance(every, np.tile([0.5, 0.5], (len(every), 1))))
    assert chance.min() == pytest.approx(1 / 3 / 3 / 2, abs=0.02)


def test_it_learns_to_write_what_is_wanted() -> None:
    policy, rng, optimizer = (
        Controller(SPACE, 2, Shape(8), np.random.default_rng(0)),
        np.random.default_rng(0),
        Adam(0.03),
    )
    for _ in range(60):
        wanted = rng.permuted(np.tile([0.0, 1.0], (20, 1)), axis=1)
        some = policy.sample(wanted, rng)
        reward = np.where(wanted[:, 0] == 1, some[:, 1], -some[:, 1]).astype(float)
        optimizer.step(policy.parameters, [-g for g in policy.gradient(some, wanted, reward / 20)])
    assert policy.sample(np.tile([1.0, 0.0], (50, 1)), rng)[:, 1].mean() > 1.5
    assert policy.sample(np.tile([0.0, 1.0], (50, 1)), rng)[:, 1].mean() < 0.5


def test_ppo_stops_counting_what_has_moved_far_enough() -> None:
    weights = clipped(np.array([1.0, 1.0, -1.0, -1.0]), np.array([1.5, 1.1, 0.5, 1.5]), 0.2)
    assert weights.tolist() == [0.0, 1.1, 0.0, -1.5]
