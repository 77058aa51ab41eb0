import warnings
from collections import Counter

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training_step import Job
from hwnas.testing._own_cnn import own_space
from hwnas.training.vit_resnas import vit_resnas
from tests.steps import step_of

OWN = own_space()
SPACE = SearchSpace(
    [Choice("a", (1, 2, 3)), Choice("b", ("x", "y"), ordered=False)], build=OWN.build, inputs=OWN.inputs
)


def jobs_of(n: int, group: int, seed: int = 0) -> list[Job]:
    plan = vit_resnas(SPACE, group=group, warmup=0).architectures.plan
    return list(plan(step_of(SPACE, n=n), np.random.default_rng(seed)))


def test_groups_share_out_the_examples_and_weigh_as_much_as_they_have() -> None:
    jobs = jobs_of(10, 4)
    assert [job.rows for job in jobs] == [(0, 4), (4, 8), (8, 10)]
    assert [job.weight for job in jobs] == [0.4, 0.4, 0.2]
    assert sum(job.cost(10) for job in jobs) == pytest.approx(1)


def test_one_example_that_is_left_over_joins_the_last_group() -> None:
    assert [job.rows for job in jobs_of(9, 4)] == [(0, 4), (4, 9)]
    assert [job.rows for job in jobs_of(3, 1)] == [(0, 1), (1, 2), (2, 3)]


def test_a_group_as_large_as_the_batch_is_said_once() -> None:
    plan = vit_resnas(SPACE, group=8, warmup=0).architectures.plan
    with pytest.warns(UserWarning, match="a batch of 8 into groups of 8, so all of it trains one sub-network"):
        assert len(plan(step_of(SPACE, n=8), np.random.default_rng(0))) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plan(step_of(SPACE, 1, n=8), np.random.default_rng(0))
        plan(step_of(SPACE, n=16), np.random.default_rng(0))


@pytest.mark.parametrize("seed", range(5))
def test_options_are_given_to_about_as_many_groups_each(seed: int) -> None:
    jobs = jobs_of(14, 2, seed)
    assert sorted(Counter(job.architecture["a"] for job in jobs).values()) == [2, 2, 3]
    assert sorted(Counter(job.architecture["b"] for job in jobs).values()) == [3, 4]


def test_options_of_ordered_choices_open_one_after_another_from_the_largest() -> None:
    stages = vit_resnas(SPACE, warmup=0.5).schedule.stages(SPACE, 100, lambda index, steps: index / steps)
    assert [stage.steps for stage in stages] == [25, 25, 50]
    assert [list(stage.space.options["a"]) for stage in stages] == [[3], [2, 3], [1, 2, 3]]
    assert all("b" not in stage.space.options for stage in stages)
    assert [stage.rate(3) for stage in stages] == [0.03, 0.28, 0.53]


@pytest.mark.parametrize("wrong", [{"group": 0}, {"warmup": 1.0}, {"warmup": -0.1}])
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="needs a group of at least 1 and a warmup"):
        vit_resnas(SPACE, **wrong)  # type: ignore[arg-type]
