"""Tasks over data at hand, as `hwnas.task` makes them: by the accuracy, by another goal, by a loss of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.examples import advice_on_labels
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import SPLITS, Batch, Rows, Split, Task, softened
from hwnas.contracts.words import one_of
from hwnas.tasks._goal import Goal, OfLabels, scalar
from hwnas.tasks._place_goals import IGNORED
from hwnas.tasks._prepared import labels_of, prepared
from hwnas.tasks._source import Source

if TYPE_CHECKING:
    from torch import Tensor

_LOOKED_AT = 64  # examples whose labels should not be their inputs


class GivenTask(Task):
    """A classification over data at hand."""

    def __init__(
        self,
        name: str,
        splits: Mapping[Split, Source],
        specs: Sequence[InputSpec],
        classes: int | None,
        preprocessing: Preprocessing | None,
        augment: Callable[[tuple[Tensor, ...], int], tuple[Tensor, ...]] | None,
        provenance: Mapping[str, str],
    ) -> None:
        self.name, self.preprocessing, self.provenance = name, preprocessing, provenance
        self._augment = augment
        self.inputs = tuple(specs)
        self._examples: dict[Split, Rows] = {
            split: prepared(splits[split], self.inputs, preprocessing) for split in SPLITS
        }
        self._refuse_copies()
        said = [source.classes for source in splits.values() if source.classes is not None]
        self.classes = classes if classes is not None else max(said) if said else self._classes()

    def examples(self, split: Split) -> Rows:
        """See `Task.examples`."""
        one_of("the split of a task", split, SPLITS)
        return self._examples[split]

    def augment(self, inputs: tuple[Tensor, ...], seed: int) -> tuple[Tensor, ...]:
        """See `Task.augment`."""
        return inputs if self._augment is None else self._augment(inputs, seed)

    @property
    def augments(self) -> bool:
        """See `Task.augments`."""
        return self._augment is not None

    @property
    def lessons(self) -> tuple[tuple[str, Callable[..., object]], ...]:
        """See `Task.lessons`."""
        own = () if self._augment is None else (("augmentation", self._augment),)
        return (*super().lessons, *own)

    def _refuse_copies(self) -> None:
        """Is each place of the input its own class, which is a slip? Numbers may be learnt so, by an autoencoder."""
        examples = self._examples["train"].take(slice(0, _LOOKED_AT))
        if examples.labels.dtype.kind == "f":
            return
        counts = examples.labels != IGNORED
        same = [x.dtype == examples.labels.dtype and x.shape == counts.shape for x in examples.inputs]
        if counts.any() and any(
            alike and (x == examples.labels)[counts].all() for x, alike in zip(examples.inputs, same, strict=True)
        ):
            raise InputError(
                f"The labels of task {quoted(self.name)} are its inputs; a language model's are the next tokens, as in "
                "(ids[:, :-1], ids[:, 1:])."
            )

    def _classes(self) -> int:
        """How many there are in the labels.

        Raises:
            InputError: they are no whole numbers from 0, each of which is among the training examples.
        """
        advice = "say how many there are as `classes`, or which figure is meant as `figure`"
        labels = {}
        for split, rows in self._examples.items():
            values = labels_of(rows)
            if values is None:
                raise InputError(
                    f"Task {quoted(self.name)} is read when it is wanted, so classes are not counted; {advice}."
                )
            labels[split] = values
        if slip := advice_on_labels(labels["train"]):
            raise InputError(f"Task {quoted(self.name)}, train: {slip}, or {advice}.")
        counted = np.concatenate([of_one.reshape(-1) for of_one in labels.values()])
        if counted.dtype.kind != "i":
            raise InputError(
                f"The labels of task {quoted(self.name)} are {counted.dtype}, and no classes; give them as whole "
                "numbers, or say which figure is meant as `figure`."
            )
        if (counted == IGNORED).any():
            raise InputError(
                f"The labels of task {quoted(self.name)} say by {IGNORED} which places do not count, which the "
                "accuracy does not know; say figure='token_accuracy', 'perplexity' or 'mean_iou'."
            )
        learnt, classes = np.unique(labels["train"]), int(counted.max()) + 1
        if len(learnt) != classes or counted.min() < 0:
            raise InputError(
                f"The labels of task {quoted(self.name)} go from {counted.min()} to {counted.max()}, and {len(learnt)} "
                f"of them are learnt from; count classes from 0 without a gap, or {advice}."
            )
        return classes


class GoalTask(GivenTask):
    """The same with another goal than the share of right classes."""

    def __init__(self, goal: Goal, *parts: object) -> None:
        self.goal, self.figure = goal, goal.figure
        super().__init__(*parts)  # type: ignore[arg-type]

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """See `Task.loss`."""
        return scalar(self.goal.loss(output, batch.labels), self.name)

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        """See `Task.score`."""
        return self.goal.score(output, batch.labels)

    def distil(self, output: Tensor, teacher: Tensor) -> Tensor:
        """See `Task.distil`."""
        return super().distil(output, teacher) if self.goal.distil is None else self.goal.distil(output, teacher)

    def answer(self, output: Tensor) -> Tensor | None:
        """See `Task.answer`."""
        return None if self.goal.answer is None else self.goal.answer(output)

    @property
    def rules(self) -> tuple[Callable[..., object], ...]:
        """See `Task.rules`."""
        return (self.goal.score,) if self.goal.summary is None else (self.goal.score, self.goal.summary)

    @property
    def lessons(self) -> tuple[tuple[str, Callable[..., object]], ...]:
        """See `Task.lessons`."""
        distil = () if self.goal.distil is None else (("distillation", self.goal.distil),)
        return (*super().lessons, ("loss", self.goal.loss), *distil)

    def _classes(self) -> int:
        return 0


class SummaryTask(GoalTask):
    """The same with a figure that is not the mean of its scores."""

    def summary(self, scores: FloatArray) -> float:
        """See `Task.summary`."""
        assert self.goal.summary is not None  # noqa: S101  that is what it is for
        return self.goal.summary(scores)


class OwnLossTask(GivenTask):
    """A classification by its accuracy that learns by a loss of its own."""

    def __init__(self, own: OfLabels, *parts: object) -> None:
        self.own = own
        super().__init__(*parts)  # type: ignore[arg-type]

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """See `Task.loss`."""
        return scalar(self.own(output, batch.labels), self.name)

    @property
    def lessons(self) -> tuple[tuple[str, Callable[..., object]], ...]:
        """See `Task.lessons`."""
        return (*super().lessons, ("loss", self.own))

    def distil(self, output: Tensor, teacher: Tensor) -> Tensor:
        """See `Task.distil`."""
        return softened(output, teacher)
