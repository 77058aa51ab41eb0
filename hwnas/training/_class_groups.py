"""The classes of a task, divided into groups that are learnt one after another."""

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Rows


def labels_of(examples: Rows) -> IntArray:
    """All labels, ``(n,)``.

    Raises:
        InputError: an example has several.
    """
    labels = np.concatenate([part.labels for part in examples.parts()])
    if labels.ndim != 1:
        raise InputError(
            f"Method 'exssnet' divides a task by the class of an example, got labels of shape {labels.shape[1:]} each; "
            "train by 'uniform'."
        )
    return labels


def divided_classes(labels: IntArray, tasks: int) -> list[list[int]]:
    """The classes of each task, in rising order and about equally many.

    Raises:
        InputError: there are fewer classes than tasks.
    """
    classes = np.unique(labels)
    if len(classes) < tasks:
        raise InputError(
            f"Method 'exssnet' has {tasks} tasks, and the examples have {len(classes)} classes; give fewer."
        )
    return [[int(label) for label in group] for group in np.array_split(classes, tasks)]
