import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Batch
from hwnas.training._seams import Context, Job
from hwnas.training.sandwich import sandwich
from tests.families import own_cnn
from tests.tiny_task import TinyTask

SPACE = own_cnn().space


@pytest.mark.parametrize("randoms", [0, 1, 3])
def test_the_largest_is_first_the_smallest_last_and_randoms_between(randoms: int) -> None:
    jobs = sandwich(SPACE, randoms=randoms).plan(np.random.default_rng(0))
    assert [job.role for job in jobs] == ["largest", *["random"] * randoms, "smallest"]
    assert jobs[0].architecture == SPACE.largest
    assert jobs[-1].architecture == SPACE.smallest


def test_random_ones_change_from_step_to_step() -> None:
    plan = sandwich(SPACE, randoms=1).plan
    assert len({plan(np.random.default_rng(step))[1].architecture for step in range(20)}) > 5


def test_the_largest_learns_from_labels_and_the_others_from_it() -> None:
    method = sandwich(SPACE)
    labels = torch.tensor([0, 2])
    context = Context(TinyTask(SPACE.inputs[0]), Batch((), labels))
    teacher, student = torch.randn(2, 3, requires_grad=True), torch.randn(2, 3)
    largest, smallest = Job(SPACE.largest, "largest"), Job(SPACE.smallest, "smallest")
    assert torch.equal(method.loss(largest, teacher, context), F.cross_entropy(teacher, labels))
    context.remember(largest, teacher)
    by_hand = -(teacher.detach().softmax(1) * student.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(method.loss(smallest, student, context), by_hand)
    context.remember(smallest, student)
    assert context.teacher is not None
    assert torch.equal(context.teacher, teacher)
    assert not context.teacher.requires_grad


def test_fewer_than_no_randoms_are_refused() -> None:
    with pytest.raises(InputError, match="randoms of at least 0, got -1"):
        sandwich(SPACE, randoms=-1)
