import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training_step import Job, Output
from hwnas.testing._own_cnn import own_space
from hwnas.training.sandwich import sandwich
from tests.steps import context_of, step_of

SPACE = own_space()


@pytest.mark.parametrize("randoms", [0, 1, 3])
def test_the_largest_is_first_the_smallest_last_and_randoms_between(randoms: int) -> None:
    jobs = sandwich(SPACE, randoms=randoms).architectures.plan(step_of(SPACE), np.random.default_rng(0))
    assert [job.role for job in jobs] == ["largest", *["random"] * randoms, "smallest"]
    assert jobs[0].architecture == SPACE.largest
    assert jobs[-1].architecture == SPACE.smallest


def test_it_keeps_to_the_sub_space_of_the_stage() -> None:
    narrow = SubSpace(SPACE, {"width": (4,)})
    jobs = sandwich(SPACE).architectures.plan(step_of(narrow), np.random.default_rng(0))
    assert {job.architecture["width"] for job in jobs} == {4}


def test_random_ones_change_from_step_to_step() -> None:
    plan = sandwich(SPACE, randoms=1).architectures.plan
    assert len({plan(step_of(SPACE), np.random.default_rng(step))[1].architecture for step in range(20)}) > 5


def test_the_largest_learns_from_labels_and_the_others_from_it() -> None:
    objective = sandwich(SPACE).objective
    context = context_of(step_of(SPACE, n=2))
    teacher, student = torch.randn(2, 3, requires_grad=True), torch.randn(2, 3)
    largest, smallest = Job(SPACE.largest, "largest"), Job(SPACE.smallest, "smallest")
    expected = F.cross_entropy(teacher, context.step.batch.labels)
    assert torch.equal(objective.loss(largest, Output(teacher), context), expected)
    context.outputs.append((largest, Output(teacher).detached()))
    by_hand = -(teacher.detach().softmax(1) * student.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(objective.loss(smallest, Output(student), context), by_hand)


def test_fewer_than_no_randoms_are_refused() -> None:
    with pytest.raises(InputError, match="randoms of at least 0, got -1"):
        sandwich(SPACE, randoms=-1)
