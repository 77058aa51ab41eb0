"""What every task must keep, run over all that are found; one whose data is not on this machine is skipped."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import find, names
from hwnas.contracts.task import SPLITS, Split, Task
from hwnas.evaluation.door import admit, admit_training
from hwnas.evaluation.examples import examples_of
from hwnas.supernet import Supernet


@pytest.fixture(scope="module", params=names("tasks"))
def task(request: pytest.FixtureRequest) -> Task:
    try:
        made = find("tasks", request.param)()  # type: ignore[operator]
    except InputError as error:
        pytest.skip(str(error))
    assert isinstance(made, Task)
    assert made.name == request.param
    return made


@pytest.mark.parametrize("split", SPLITS)
def test_examples_are_what_the_task_says_of_them(task: Task, split: Split) -> None:
    examples = task.examples(split)
    assert len(examples) > 0
    assert len(examples.inputs) == len(task.inputs)
    for values, spec in zip(examples.inputs, task.inputs, strict=True):
        assert (values.shape, values.dtype) == ((len(examples), *spec.shape), spec.dtype)
        assert np.isfinite(values).all()
    assert examples.labels.dtype == np.int64
    assert set(examples.labels.tolist()) <= set(range(task.classes))


def test_every_class_can_be_learnt_chosen_by_and_reported_on(task: Task) -> None:
    for split in SPLITS:
        assert len(np.unique(task.examples(split).labels)) == task.classes


def test_examples_come_in_the_same_order_every_time(task: Task) -> None:
    first, again = (task.examples("search") for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first.inputs, again.inputs, strict=True))
    assert np.array_equal(first.labels, again.labels)


def test_the_splits_are_not_mixed(task: Task) -> None:
    seen = {split: [x.tobytes() for x in task.examples(split).inputs[0]] for split in SPLITS}
    for one, other in (("train", "search"), ("train", "report"), ("search", "report")):
        shared = set(seen[one]) & set(seen[other])  # type: ignore[index]
        assert len(shared) <= len(seen[other]) // 500, "data sets have a few doubles of their own, not many"  # type: ignore[index]


def test_networks_of_its_shapes_can_be_trained_and_judged_on_it(task: Task) -> None:
    def build(architecture: Architecture) -> nn.Module:
        width, (spec,) = int(architecture["width"]), task.inputs
        return nn.Sequential(
            nn.Flatten(), nn.Linear(math.prod(spec.shape), width), nn.ReLU(), nn.Linear(width, task.classes)
        )

    supernet = Supernet.from_builder(build, [Choice("width", (4, 8))], task.inputs)
    admit(supernet, task)
    admit_training(supernet, task, examples_of(task, "train"))


def test_augmenting_keeps_shapes_and_depends_on_the_seed_alone(task: Task) -> None:
    inputs = tuple(torch.from_numpy(x[:8]) for x in task.examples("train").inputs)
    first, again = (task.augment(inputs, seed=3) for _ in range(2))
    assert [x.shape for x in first] == [x.shape for x in inputs]
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
