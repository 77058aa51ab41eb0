from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.training import Method
from hwnas.contracts.training_step import Context, Job, Output
from hwnas.spaces.micro_widths import micro_widths
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._size import Sizes
from hwnas.training.shift_nas import shift_nas
from tests.steps import statistics_of, step_of

SPACE, STEP = micro_widths(), step_of(micro_widths())
SIZES = Sizes(SPACE, "x")


def shares(method: Method, n: int) -> np.ndarray:
    """Where sub-networks of steps lie between the smallest and the largest."""
    plans = [method.architectures.plan(STEP, np.random.default_rng(seed)) for seed in range(n)]
    return SIZES.shares(SPACE.encode_many(plan[0].architecture for plan in plans))


def saw(method: Method, share: str, norm: float) -> None:
    """A step of the smallest or largest sub-network with a gradient so long."""
    parameter = nn.Parameter(torch.zeros(4))
    parameter.grad = torch.full((4,), norm / 2)
    context = Context(STEP, TinyTask(SPACE.inputs[0]), {"w": parameter})
    context.outputs.append((Job(getattr(SPACE, share), "random"), Output(torch.zeros(4, 3))))
    method.architectures.on_step(replace(statistics_of(STEP), context=context))


def test_bins_that_are_not_learnt_are_drawn_alike_where_uniform_choices_crowd_in_the_middle() -> None:
    method = shift_nas(SPACE, bins=4, learnt=False)
    saw(method, "smallest", 100.0)
    found = np.histogram(shares(method, 400), bins=4, range=(0, 1))[0] / 400
    uniform = np.histogram(SIZES.shares(SPACE.sample(4000, np.random.default_rng(0))), bins=4, range=(0, 1))[0] / 4000
    np.testing.assert_allclose(found, 0.25, atol=0.07)
    assert uniform.min() < 0.1


def test_bins_with_longer_gradients_are_drawn_more_often_and_none_less_than_the_floor() -> None:
    method = shift_nas(SPACE, bins=2, floor=0.2)
    saw(method, "smallest", 9.0)
    saw(method, "largest", 1.0)
    found = (shares(method, 400) < 0.5).mean()
    assert found == pytest.approx(0.1 + 0.8 * 0.9, abs=0.06)


def test_gradients_are_averaged_over_the_steps_of_a_bin() -> None:
    method = shift_nas(SPACE, bins=2)
    saw(method, "smallest", 2.0)
    saw(method, "smallest", 4.0)
    assert method.state()["architectures/need"] == [pytest.approx((0.9 * 2 + 0.1 * 4) / 2), None]


def test_a_bin_that_was_not_seen_counts_as_the_mean_of_the_others() -> None:
    method = shift_nas(SPACE, bins=2)
    saw(method, "smallest", 9.0)
    assert (shares(method, 200) < 0.5).mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("wrong", [{"bins": 1}, {"floor": 0.0}, {"floor": 1.1}])
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="at least 2 bins"):
        shift_nas(SPACE, **wrong)  # type: ignore[arg-type]
