"""A sub-network that is healed learns from the labels and from its teacher, half and half."""

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from hwnas.contracts.training_step import Output
from hwnas.testing._own_cnn import own_cnn, own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._answers import Answers
from hwnas.training._healing import healing
from tests.steps import context_of, step_of

SPACE = own_space()


def test_without_a_teacher_it_is_the_only_job_and_its_loss_that_of_the_labels() -> None:
    method, context = healing(SPACE, SPACE.smallest, None), context_of(step_of(SPACE))
    (job,) = method.architectures.plan(context.step, np.random.default_rng(0))
    assert (job.architecture, job.role) == (SPACE.smallest, "fixed")
    assert method.objective.teacher(job, context.step.batch) is None
    value = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    loss = method.objective.loss(job, Output(value), context)
    assert torch.equal(loss, context.task.loss(value, context.step.batch))
    assert method.settings == {"architecture": dict(SPACE.smallest), "distilled": False}


def test_with_one_half_of_the_loss_is_what_the_teacher_says() -> None:
    teacher: nn.Module = own_cnn().extract(SPACE.largest).eval()
    method, context = healing(SPACE, SPACE.smallest, teacher), context_of(step_of(SPACE))
    first, job = method.architectures.plan(context.step, np.random.default_rng(0))
    assert [(j.architecture, j.role) for j in (first, job)] == [(SPACE.largest, "teacher"), (SPACE.smallest, "fixed")]
    told = method.objective.teacher(first, context.step.batch)
    assert told is not None
    torch.testing.assert_close(told.value, teacher(*context.step.batch.inputs))
    value = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    of_labels, taught = context.task.loss(value, context.step.batch), context.task.distil(value, told.value)
    context.outputs.append((first, told))
    loss = method.objective.loss(job, Output(value), context)
    torch.testing.assert_close(loss, (of_labels + taught) / 2)
    assert method.settings["distilled"] is True


def test_answers_that_are_known_teach_the_same_without_a_pass_of_the_teacher() -> None:
    teacher: nn.Module = own_cnn().extract(SPACE.largest).eval()
    examples = TinyTask(SPACE.inputs[0]).examples("train")
    context = context_of(replace(step_of(SPACE), rows=np.array([5, 0, 3, 2])))
    method = healing(SPACE, SPACE.smallest, Answers(teacher, examples, 5))
    (job,) = method.architectures.plan(context.step, np.random.default_rng(0))
    value = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    loss = method.objective.loss(job, Output(value), context)
    seen = torch.from_numpy(examples.take(context.step.rows).inputs[0])
    taught = context.task.distil(value, teacher(seen))
    torch.testing.assert_close(loss, (context.task.loss(value, context.step.batch) + taught) / 2)
    assert method.settings["distilled"] is True
