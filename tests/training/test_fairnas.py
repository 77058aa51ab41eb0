from collections import Counter

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.testing._own_cnn import own_cnn, own_space
from hwnas.training.fairnas import fairnas
from tests.steps import step_of

OWN = own_space()
SPACE = SearchSpace(
    [Choice("a", (1, 2, 3)), Choice("b", ("x", "y", "z"), ordered=False), Choice("c", (1, 2))],
    build=OWN.build, inputs=OWN.inputs,
)  # fmt: skip
SAMPLER = fairnas(SPACE).architectures


@pytest.mark.parametrize("seed", range(5))
def test_every_option_of_a_choice_stands_in_one_sub_network_of_a_step(seed: int) -> None:
    jobs = SAMPLER.plan(step_of(SPACE), np.random.default_rng(seed))
    assert len(jobs) == 3 == SAMPLER.passes(step_of(SPACE).stage)
    assert sorted(job.architecture["a"] for job in jobs) == [1, 2, 3]
    assert sorted(job.architecture["b"] for job in jobs) == ["x", "y", "z"]


def test_a_choice_of_fewer_options_repeats_each_as_often_as_any_other_but_for_one() -> None:
    for seed in range(10):
        jobs = SAMPLER.plan(step_of(SPACE), np.random.default_rng(seed))
        assert sorted(Counter(job.architecture["c"] for job in jobs).values()) == [1, 2]


def test_options_of_different_choices_meet_in_all_ways() -> None:
    met = {
        (job.architecture["a"], job.architecture["b"])
        for seed in range(30)
        for job in SAMPLER.plan(step_of(SPACE), np.random.default_rng(seed))
    }
    assert len(met) == 9


def test_it_keeps_to_the_sub_space_of_the_stage() -> None:
    step = step_of(SubSpace(SPACE, {"a": (2, 3), "b": ("x",)}))
    jobs = SAMPLER.plan(step, np.random.default_rng(0))
    assert sorted(job.architecture["a"] for job in jobs) == [2, 3]
    assert [job.architecture["b"] for job in jobs] == ["x", "x"]


def test_over_a_training_no_option_learns_more_often_than_another() -> None:
    space = own_cnn().space
    counted = Counter(
        (name, option)
        for seed in range(8)
        for job in fairnas(space).architectures.plan(step_of(space), np.random.default_rng(seed))
        for name, option in job.architecture.items()
    )
    assert set(counted.values()) == {8}
