"""A frozen teacher says what it said when it was taken, also after a restart."""

import torch

from hwnas.supernet import Supernet
from hwnas.training._teacher import FrozenTeacher
from tests.small_spaces import small
from tests.steps import step_of

SPACE = small("mobilenetv3")


def test_before_it_is_taken_it_says_nothing_and_has_no_state() -> None:
    teacher = FrozenTeacher(SPACE, SPACE.smallest)
    assert teacher.output(step_of(SPACE).batch) is None
    assert teacher.state() == {}


def test_after_a_restart_it_says_the_same() -> None:
    network, batch = Supernet(SPACE).extract(SPACE.smallest), step_of(SPACE).batch
    teacher, again = FrozenTeacher(SPACE, SPACE.smallest), FrozenTeacher(SPACE, SPACE.smallest)
    teacher.take(network.eval())
    assert network.training  # batch-norm takes the batch's own statistics
    again.restore({name: tensor.clone() for name, tensor in teacher.state().items()})
    said, repeated = teacher.output(batch), again.output(batch)
    assert said is not None
    assert repeated is not None
    assert torch.equal(said.value, repeated.value)
    assert not repeated.value.requires_grad
