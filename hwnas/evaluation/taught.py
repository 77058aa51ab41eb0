"""A task whose labels are a network's answers, to choose sub-networks without labels."""

import numpy as np
from torch import Tensor, nn

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.task import CLASS_AXIS, SHARE, SPLITS, Batch, Examples, Rows, Split, Task
from hwnas.contracts.words import one_of
from hwnas.export.scoring import outputs

AGREEMENT = Objective("agreement", "max", SHARE)
"""Share of examples that the same class is given to."""


class _Relabelled(Rows):
    """Examples with other labels, ``(n, ...)``."""

    def __init__(self, rows: Rows, labels: IntArray) -> None:
        self._rows, self._labels = rows, labels

    def __len__(self) -> int:
        return len(self._labels)

    def take(self, rows: slice | IntArray) -> Examples:
        return Examples(self._rows.take(rows).inputs, self._labels[rows])


class Taught(Task):
    """The task; a split is answered once, when it is first asked for."""

    figure = AGREEMENT

    def __init__(self, task: Task, network: nn.Module) -> None:
        if not task.learns_labels or task.class_axis is None:
            raise InputError(
                f"Task {task.name!r} has a loss or a score of its own, so what outputs decide is not known; give a "
                "classification."
            )
        self._task, self._network = task, network
        self._answered: dict[Split, Rows] = {}
        self.name, self.classes, self.inputs = f"{task.name}_taught", task.classes, task.inputs
        self.preprocessing = task.preprocessing
        self.provenance = {**task.provenance, "labels": "answers of a network"}

    def examples(self, split: Split) -> Rows:
        """Those of the task, labelled by the network."""
        one_of("the split of a task", split, SPLITS)
        if split not in self._answered:
            rows = self._task.examples(split)
            answers = [
                output.argmax(axis=CLASS_AXIS)
                for part in rows.parts()
                for output in outputs(self._network, self.inputs, part.inputs)
            ]
            self._answered[split] = _Relabelled(rows, np.concatenate(answers).astype(np.int64))
        return self._answered[split]

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        """1 where the answers are the same, ``(n,)``."""
        return super().score(output, batch)

    @property
    def class_axis(self) -> int | None:
        """As of any classification."""
        return CLASS_AXIS


def taught_by(task: Task, network: nn.Module) -> Task:
    """`task` without its labels: right is what `network` answers, so a search finds the sub-networks that agree with it
    most. State results on `task` itself, if it has labels.

    Args:
        task: a classification.
        network: that takes its inputs, such as ``calibrated(supernet, space.largest, train)``.

    Raises:
        InputError: the task has a loss or a score of its own.
    """
    return Taught(task, network)
