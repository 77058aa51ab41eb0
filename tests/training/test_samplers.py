"""The sandwich rule as a plan."""

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.training._samplers import Sandwich
from tests.small_spaces import small
from tests.steps import step_of

SPACE = small("mobilenetv3")


def test_the_largest_comes_first_the_smallest_last_and_between_them_what_is_drawn() -> None:
    step = step_of(SPACE)
    jobs = Sandwich(randoms=3).plan(step, np.random.default_rng(0))
    assert [job.role for job in jobs] == ["largest", "random", "random", "random", "smallest"]
    assert (jobs[0].architecture, jobs[-1].architecture) == (SPACE.largest, SPACE.smallest)
    assert len({job.architecture for job in jobs}) == 5
    assert Sandwich(randoms=3).passes(step.stage) == 5.0
    assert sum(job.cost(4) for job in jobs) == 5.0


def test_without_random_ones_the_two_ends_are_left_and_fewer_is_refused() -> None:
    assert [job.role for job in Sandwich(0).plan(step_of(SPACE), np.random.default_rng(0))] == ["largest", "smallest"]
    with pytest.raises(InputError, match="randoms of at least 0, got -1"):
        Sandwich(-1)
