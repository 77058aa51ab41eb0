"""The classes of a task, divided into groups that are learnt one after another."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Rows

_NO_ANSWER = 1e30  # minus the logit of a class of another task


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


def loss_among(classes: Sequence[int], output: Tensor, loss_of: Callable[[Tensor], Tensor]) -> Tensor:
    """The loss of logits ``(n, classes)`` where only these classes can be answered.

    Raises:
        InputError: the loss counts the others all the same.
    """
    others = torch.ones(output.shape[1], dtype=torch.bool, device=output.device)
    others[list(classes)] = False
    value = output.to(torch.promote_types(output.dtype, torch.float32))
    loss = loss_of(value.masked_fill(others, -_NO_ANSWER))
    if loss.detach() > _NO_ANSWER / 1e10:
        raise InputError(
            "Method 'exssnet' hides the classes of other tasks, and the loss counts them, too; leave "
            "label_smoothing out."
        )
    return loss
