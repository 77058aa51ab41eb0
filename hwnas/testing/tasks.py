"""What every task must keep; one whose data is not on this machine is skipped."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.task import SPLITS, Split, Task
from hwnas.evaluation.door import admit, admit_training
from hwnas.evaluation.examples import examples_of
from hwnas.supernet import Supernet
from hwnas.testing._subject import Found


@dataclass(frozen=True, eq=False)
class Subject(Found):
    """A task, made once for all its tests."""

    @cached_property
    def task(self) -> Task:
        """What it gives, or a skipped test where its data is not here."""
        try:
            task = self.make()
        except InputError as error:
            pytest.skip(str(error))
        assert isinstance(task, Task), f"{self} should give a Task, got {type(task).__name__}"
        return task

    @property
    def classifies(self) -> bool:
        """Whether labels are classes."""
        return type(self.task).loss is Task.loss


class Contract:
    """The tests."""

    def test_it_is_named_as_it_is_found(self, subject: Subject) -> None:
        assert subject.task.name == subject.called

    @pytest.mark.parametrize("split", SPLITS)
    def test_examples_are_what_the_task_says_of_them(self, subject: Subject, split: Split) -> None:
        task = subject.task
        assert len(task.examples(split)) > 0
        for examples in task.examples(split).parts():
            assert len(examples.inputs) == len(task.inputs)
            for values, spec in zip(examples.inputs, task.inputs, strict=True):
                assert (values.shape, str(values.dtype)) == ((len(examples), *spec.shape), str(spec.dtype)), (
                    f"input {spec.name!r} of {split} is {values.dtype} {values.shape}, and the task says {spec}"
                )
                assert np.isfinite(values).all()
            if subject.classifies:
                assert examples.labels.dtype == np.int64
                assert set(np.unique(examples.labels).tolist()) <= set(range(task.classes))

    def test_every_class_can_be_learnt_chosen_by_and_reported_on(self, subject: Subject) -> None:
        if not subject.classifies:
            pytest.skip("labels are no classes here")
        for split in SPLITS:
            classes = len(np.unique(np.concatenate([part.labels for part in subject.task.examples(split).parts()])))
            assert classes == subject.task.classes, (
                f"{split} has examples of {classes} of {subject.task.classes} classes"
            )

    def test_examples_come_in_the_same_order_every_time(self, subject: Subject) -> None:
        for first, again in zip(*(subject.task.examples("search").parts() for _ in range(2)), strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(first.inputs, again.inputs, strict=True))
            assert np.array_equal(first.labels, again.labels)

    def test_examples_are_the_same_in_parts_in_batches_and_by_number(self, subject: Subject) -> None:
        examples = subject.task.examples("report")
        rows = np.random.default_rng(0).permutation(len(examples))[:6]
        batches = [*examples.batches([rows[:4], rows[4:]])]
        part = next(iter(examples.parts()))
        for wanted, got in (
            (examples.take(rows[:4]), batches[0]),
            (part.take(slice(0, 4)), examples.take(np.arange(4))),
        ):
            for one, other in zip((*wanted.inputs, wanted.labels), (*got.inputs, got.labels), strict=True):
                assert np.array_equal(one, other)
        assert [len(batch) for batch in batches] == [4, 2]

    def test_the_splits_are_not_mixed(self, subject: Subject) -> None:
        parts = {split: subject.task.examples(split).parts() for split in SPLITS}
        seen = {split: [hash(x.tobytes()) for part in parts[split] for x in part.inputs[0]] for split in SPLITS}
        pairs: tuple[tuple[Split, Split], ...] = (("train", "search"), ("train", "report"), ("search", "report"))
        for one, other in pairs:
            shared = len(set(seen[one]) & set(seen[other]))
            assert shared <= len(seen[other]) // 500, (
                f"{shared} examples of {other} are in {one} too; data sets have a few doubles of their own, not many"
            )

    def test_networks_of_its_shapes_can_be_trained_and_evaluated_on_it(self, subject: Subject) -> None:
        task = subject.task
        if not subject.classifies:
            pytest.skip("what a network should give here, the task alone knows")

        def build(architecture: Architecture) -> nn.Module:
            width, (spec,) = int(architecture["width"]), task.inputs
            return nn.Sequential(
                nn.Flatten(), nn.Linear(math.prod(spec.shape), width), nn.ReLU(), nn.Linear(width, task.classes)
            )

        supernet = Supernet.from_builder(build, [Choice("width", (4, 8))], task.inputs)
        admit(supernet, task)
        admit_training(supernet, task, examples_of(task, "train"))

    def test_augmenting_keeps_shapes_and_depends_on_the_seed_alone(self, subject: Subject) -> None:
        inputs = tuple(torch.from_numpy(x) for x in subject.task.examples("train").take(slice(0, 8)).inputs)
        first, again = (subject.task.augment(inputs, seed=3) for _ in range(2))
        assert [x.shape for x in first] == [x.shape for x in inputs]
        assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
