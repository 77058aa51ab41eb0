"""Goals of one class for each example, beside the accuracy: `Task`'s own.

Balanced accuracy and F1 are not means over examples: a rare class counts as much as a frequent one. So the score of an
example is its class and the one that was chosen, ``(n, 2)``, and the summary counts these pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.examples import advice_on_labels
from hwnas.contracts.objective import Objective
from hwnas.contracts.task import SHARE, classes_of, softened
from hwnas.tasks._goal import Goal

if TYPE_CHECKING:
    from torch import Tensor


def _cross_entropy(output: Tensor, labels: Tensor) -> Tensor:
    from torch.nn import functional as F

    _refuse_misfit(output, labels)
    return F.cross_entropy(output, labels)


def _top5(output: Tensor, labels: Tensor) -> Tensor:
    _refuse_misfit(output, labels)
    if output.shape[1] <= 5:
        raise InputError(
            f"top5_accuracy takes logits (n, more than 5 classes), got {tuple(output.shape)}; use accuracy."
        )
    return output.topk(5, dim=1).indices.eq(labels[:, None]).any(dim=1).float()


def _pairs(output: Tensor, labels: Tensor) -> Tensor:
    """The class of each example and the chosen one, ``(n, 2)``."""
    import torch

    _refuse_misfit(output, labels)
    return torch.stack([labels, classes_of(output)], dim=1).float()


def _refuse_misfit(output: Tensor, labels: Tensor) -> None:
    fits = output.ndim == 2 and output.is_floating_point() and labels.shape == output.shape[:1]
    if not fits or labels.is_floating_point():
        advice = advice_on_labels(labels.numpy(force=True)) or "change the network or the labels"
        raise InputError(
            f"This figure takes logits (n, classes) and whole numbers (n,) for labels, got {tuple(output.shape)} and "
            f"{str(labels.dtype).removeprefix('torch.')} {tuple(labels.shape)}; {advice}."
        )
    if len(labels) and not (labels.min() >= 0 and labels.max() < output.shape[1]):
        raise InputError(
            f"Labels go from {labels.min()} to {labels.max()}, and a network of {output.shape[1]} outputs has classes "
            f"from 0 to {output.shape[1] - 1}; count them from 0, or give the network an output for each."
        )


def _counted(pairs: FloatArray) -> FloatArray:
    """How often each class ``(c, ...)`` was chosen for each ``(..., c)``, ``(c, c)``."""
    whole = pairs.astype(np.int64)
    classes = int(whole.max()) + 1
    counts = np.bincount(whole[:, 0] * classes + whole[:, 1], minlength=classes**2).reshape(classes, classes)
    return counts.astype(np.float64)


def balanced_accuracy(pairs: FloatArray) -> float:
    """Mean share of right ones over the classes that there are examples of (Brodersen et al., 2010)."""
    counted = _counted(pairs)
    there = counted.sum(axis=1) > 0
    return float((np.diag(counted)[there] / counted.sum(axis=1)[there]).mean())


def f1(pairs: FloatArray) -> float:
    """Mean over the classes, of those that there are or that were chosen, of 2 TP / (2 TP + FP + FN)."""
    counted = _counted(pairs)
    both = counted.sum(axis=1) + counted.sum(axis=0)
    return float((2 * np.diag(counted)[both > 0] / both[both > 0]).mean())


GOALS = (
    Goal(Objective("top5_accuracy", "max", SHARE), _cross_entropy, _top5, softened, classes_of),
    Goal(Objective("balanced_accuracy", "max", SHARE), _cross_entropy, _pairs, softened, classes_of, balanced_accuracy),
    Goal(Objective("f1", "max", SHARE), _cross_entropy, _pairs, softened, classes_of, f1),
)
