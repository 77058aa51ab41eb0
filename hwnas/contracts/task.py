"""What networks are for: data, how it is prepared, what is learnt and what is good.

A task says all four, so that nothing else spells them: `Task.loss` is what training makes small, `Task.score` how good
the output is for one example, `Task.summary` what the scores of all come to, by default their mean, and `Task.figure`
what that is called, in which unit and direction.
By default a task is a classification with the labels ``0`` to ``classes - 1``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.examples import Batch as Batch  # noqa: PLC0414  words of a task, for whoever writes one
from hwnas.contracts.examples import Examples as Examples  # noqa: PLC0414
from hwnas.contracts.examples import Rows as Rows  # noqa: PLC0414
from hwnas.contracts.objective import Objective
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.search_space import InputSpec

if TYPE_CHECKING:
    from torch import Tensor

CLASS_AXIS = 1
"""The dimension of logits ``(n, classes, ...)`` that classes lie along; the only place that says so."""

Split = Literal["train", "search", "report"]
SPLITS: tuple[Split, ...] = ("train", "search", "report")

SHARE = "share"
"""Unit of a figure between 0 and 1, shown in per cent."""

ACCURACY = Objective("accuracy", "max", SHARE)
"""Share of right classes: the figure of every task that names no other."""


class Task(ABC):
    """Data in three parts that never mix: `train` to learn, `search` to choose, `report` to state the result.

    A classification needs `name`, `classes`, `inputs` and `examples`; another task its own `loss`, `score` and
    `figure` too, and `distil` where a method is to train one sub-network on another's output.
    """

    name: str
    classes: int = 0
    inputs: tuple[InputSpec, ...]
    preprocessing: Preprocessing | None = None
    provenance: Mapping[str, str] = {}
    figure: Objective = ACCURACY

    @abstractmethod
    def examples(self, split: Split) -> Rows:
        """All examples of a split, always in the same order: `Examples` in memory, or `Rows` that are read in parts.

        Raises:
            InputError: the data is missing or not of the expected shape.
        """

    def augment(self, inputs: tuple[Tensor, ...], seed: int) -> tuple[Tensor, ...]:  # noqa: ARG002
        """Training inputs, randomly changed in ways that keep their labels; unchanged by default."""
        return inputs

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """What training makes small, a scalar: cross-entropy of outputs ``(n, classes, ...)`` with the labels.

        Raises:
            InputError: the outputs are no such logits, or the labels no such classes.
        """
        from torch.nn import functional as F

        self._refuse_other_than_logits(output, batch)
        return F.cross_entropy(output, batch.labels)

    def distil(self, output: Tensor, teacher: Tensor) -> Tensor:
        """The same with a better network's output in place of the labels: cross-entropy with its softened classes.

        Raises:
            InputError: the task has a loss of its own, so what its outputs mean is not known.
        """
        if not self.learns_labels:
            raise InputError(
                f"Task {self.name!r} has a loss of its own, and a method that trains sub-networks on one another's "
                "outputs; give the task a `distil(output, teacher)` too, or train by a method without a teacher."
            )
        return softened(output, teacher)

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        """How good an output is, ``(n,)``, one figure per example: 1 for the right class, 0 for another.

        Where every place of an output has a label, the share of places that are right. A task with a `summary` of its
        own may give several figures per example, ``(n, k)``.

        Raises:
            InputError: as for `loss`.
        """
        self._refuse_other_than_logits(output, batch)
        right = classes_of(output).eq(batch.labels).float()
        return right.flatten(1).mean(dim=1) if right.ndim > 1 else right

    def summary(self, scores: FloatArray) -> float:
        """The task's figure of scores ``(n,)`` or ``(n, k)`` in any order, as `score` gave them: their mean.

        Another one, such as a rate of errors at a threshold, may say that it is no number of too few examples, by NaN.
        Its interval is that of examples drawn again (bootstrap), for which it is asked some thousand times.
        """
        return float(scores.mean())

    @property
    def learns_labels(self) -> bool:
        """Whether its loss is the one that every classification has, of logits and labels; else only it knows what its
        outputs mean.
        """
        return type(self).loss is Task.loss

    @property
    def augments(self) -> bool:
        """Whether training inputs are changed, so that what is known of an example is not of what is learnt from it."""
        return getattr(self.augment, "__func__", None) is not Task.augment

    @property
    def rules(self) -> tuple[Callable[..., object], ...]:
        """The functions that a figure comes from: what was evaluated by others is evaluated again."""
        return (type(self).score, type(self).summary)

    @property
    def lessons(self) -> tuple[tuple[str, Callable[..., object]], ...]:
        """The functions that training learns by, each with what it is: what learnt by others is trained again."""
        return (("loss", type(self).loss), ("distillation", type(self).distil), ("augmentation", type(self).augment))

    def answer(self, output: Tensor) -> Tensor | None:
        """What an output decides, ``(n, ...)``: the class of the largest logit; None where it decides nothing, as with
        a score of one's own. Two versions of a network are compared by it, example by example.
        """
        axis = self.class_axis
        return None if axis is None else output.argmax(dim=axis)

    @property
    def class_axis(self) -> int | None:
        """The dimension of an output ``(n, classes, ...)`` along which classes compete; None where none do, as with a
        score of one's own: what its outputs mean is not known.
        """
        return CLASS_AXIS if type(self).score is Task.score else None

    def _refuse_other_than_logits(self, output: Tensor, batch: Batch) -> None:
        labels = batch.labels
        wanted = (len(labels), self.classes, *labels.shape[1:])
        if output.is_floating_point() and tuple(output.shape) == wanted and self.classes > 1:
            return
        raise InputError(
            f"Task {self.name!r} has {self.classes} classes and labels {tuple(labels.shape)}, so a network should give "
            f"logits {wanted}, got {str(output.dtype).removeprefix('torch.')} {tuple(output.shape)}; change the "
            "network or `classes`, or give the task a `loss` and a `score` of its own."
        )


def classes_of(output: Tensor) -> Tensor:
    """The most likely class ``(n, ...)`` of logits ``(n, classes, ...)``."""
    return output.argmax(dim=CLASS_AXIS)


def softened(output: Tensor, teacher: Tensor) -> Tensor:
    """Cross-entropy of logits ``(n, classes, ...)`` with a teacher's softened classes."""
    from torch.nn import functional as F

    return F.cross_entropy(output, teacher.softmax(dim=CLASS_AXIS))
