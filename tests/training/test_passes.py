"""Passes are counted by what they cost, and only what a stage trains learns."""

import numpy as np
import pytest
import torch

from hwnas.contracts.training_step import Job
from hwnas.testing._own_cnn import own_cnn
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._objectives import InPlaceDistillation
from hwnas.training._passes import Passes


def passes() -> Passes:
    supernet = own_cnn()
    task = TinyTask(supernet.space.inputs[0])
    return Passes(supernet, task, task.examples("train"), InPlaceDistillation())


def test_a_pass_over_half_of_the_rows_counts_half_and_a_teacher_without_a_gradient_a_third() -> None:
    of = passes()
    largest, batch = of.supernet.space.largest, of.batch(np.arange(4))
    assert of.count == 0
    of.output(Job(largest, "largest"), batch)
    of.output(Job(largest, "random", rows=(0, 2)), batch)
    teacher = of.output(Job(largest, "teacher"), batch)
    assert of.count == pytest.approx(1 + 1 / 2 + 1 / 3)
    assert not teacher.value.requires_grad  # type: ignore[attr-defined]


def test_outputs_are_those_of_training_mode() -> None:
    """With the batch's own mean and deviation, not the running ones."""
    of = passes()
    batch, largest = of.batch(np.arange(6)), of.supernet.space.largest
    value = of.output(Job(largest, "largest"), batch).value
    expected = of.supernet(batch.inputs, largest, training=True)
    torch.testing.assert_close(value, expected)
    assert not torch.allclose(value, of.supernet(batch.inputs, largest, training=False))  # type: ignore[arg-type]


def test_meanwhile_only_what_is_trainable_learns() -> None:
    of = passes()
    with of.learning(lambda name: name.startswith("head.")):
        learning = {name for name, tensor in of.parameters.items() if tensor.requires_grad}
        assert learning == {"head.weight", "head.bias"}
    assert all(tensor.requires_grad for tensor in of.parameters.values())


def test_what_a_training_would_have_begun_with_is_drawn_again() -> None:
    of = passes()
    again = of.initial(0)
    assert all(torch.equal(again[name], tensor) for name, tensor in of.supernet.shared.items())
    assert any(not torch.equal(of.initial(1)[name], tensor) for name, tensor in again.items())
