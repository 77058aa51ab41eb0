import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.training_step import Context
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training.random_sharing import random_sharing
from hwnas.training.uniform import uniform
from tests.steps import step_of

SPACE = own_space()


@pytest.mark.parametrize(("length", "left"), [(10.0, 5.0), (3.0, 3.0)])
def test_long_gradients_are_shortened_and_short_ones_left(length: float, left: float) -> None:
    parameter = nn.Parameter(torch.zeros(2))
    parameter.grad = torch.tensor([0.6, 0.8]) * length
    context = Context(step_of(SPACE), TinyTask(SPACE.inputs[0]), {"w": parameter})
    random_sharing(SPACE).update.before_step(context, torch.optim.SGD([parameter], 0.1))
    torch.testing.assert_close(parameter.grad, torch.tensor([0.6, 0.8]) * left)


def test_sub_networks_are_those_of_single_paths() -> None:
    for seed in range(5):
        plans = [
            m(SPACE).architectures.plan(step_of(SPACE), np.random.default_rng(seed)) for m in (random_sharing, uniform)
        ]
        assert plans[0] == plans[1]


@pytest.mark.parametrize("most", [0.0, -1.0, float("nan")])
def test_no_length_is_refused(most: float) -> None:
    with pytest.raises(InputError, match="most_gradient above 0"):
        random_sharing(SPACE, most_gradient=most)
