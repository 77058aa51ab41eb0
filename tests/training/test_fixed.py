"""One sub-network trained alone, and the plainest method."""

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.training.fixed import fixed
from hwnas.training.uniform import uniform
from tests.small_spaces import small
from tests.steps import step_of

SPACE = small("mobilenetv3")


def test_every_step_trains_the_one_that_was_named() -> None:
    method = fixed(SPACE, architecture=dict(SPACE.smallest))
    for index in range(3):
        (job,) = method.architectures.plan(step_of(SPACE, index), np.random.default_rng(index))
        assert (job.architecture, job.role) == (SPACE.smallest, "fixed")
    assert method.settings == {"architecture": dict(SPACE.smallest)}


def test_the_largest_is_the_default_and_one_of_another_space_is_refused() -> None:
    (job,) = fixed(SPACE).architectures.plan(step_of(SPACE), np.random.default_rng(0))
    assert job.architecture == SPACE.largest
    with pytest.raises(InputError):
        fixed(SPACE, architecture={"nothing": 1})


def test_uniform_trains_one_random_sub_network_a_step() -> None:
    method = uniform(SPACE)
    drawn = [method.architectures.plan(step_of(SPACE, i), np.random.default_rng(i)) for i in range(20)]
    assert [len(jobs) for jobs in drawn] == [1] * 20
    assert len({jobs[0].architecture for jobs in drawn}) > 10
    assert method.name == "uniform"
