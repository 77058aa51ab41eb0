"""Goals of a class for each place of an example: tokens of a text, pixels of a picture.

Places with the label `IGNORED` count in neither loss nor figure. Examples have different numbers of places that count,
so these figures are no means over examples: scores are sums over places, ``(n, k)``, which the summary adds up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.task import SHARE, classes_of, softened
from hwnas.tasks._goal import Goal, OfLabels

if TYPE_CHECKING:
    from torch import Tensor

IGNORED = -100
"""The label of places that do not count, as in PyTorch."""


def _tokens(output: Tensor) -> Tensor:
    """Outputs of language models ``(n, tokens, classes)`` with their classes where pictures have them."""
    return output.movedim(-1, 1)


def _pixels(output: Tensor) -> Tensor:
    return output


def _fitting(output: Tensor, labels: Tensor) -> Tensor:
    """Logits ``(n, classes, places...)`` whose classes the labels ``(n, places...)`` are.

    Raises:
        InputError: they are not.
    """
    if output.ndim < 3 or (output.shape[:1] + output.shape[2:]) != labels.shape or labels.is_floating_point():
        raise InputError(
            f"This figure takes a whole number at every place of an output; its outputs are, with the classes second, "
            f"{tuple(output.shape)}, and its labels {str(labels.dtype).removeprefix('torch.')} {tuple(labels.shape)}; "
            "change the network or the labels."
        )
    counted, classes = labels[labels != IGNORED], output.shape[1]
    if len(counted) and not (counted.min() >= 0 and counted.max() < classes):
        raise InputError(
            f"Labels go from {counted.min()} to {counted.max()}, and a network of {classes} outputs has classes from 0 "
            f"to {classes - 1}; give places that do not count the label {IGNORED}."
        )
    return output


def _losses(output: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy at every place, 0 where it does not count."""
    from torch.nn import functional as F

    return F.cross_entropy(_fitting(output, labels), labels, ignore_index=IGNORED, reduction="none")


def _loss(order: Callable[[Tensor], Tensor]) -> OfLabels:
    """Mean cross-entropy of the places that count."""
    return lambda output, labels: _losses(order(output), labels).sum() / (labels != IGNORED).sum().clamp(min=1)


def _distil(order: Callable[[Tensor], Tensor]) -> OfLabels:
    return lambda output, teacher: softened(order(output), order(teacher))


def _lost(output: Tensor, labels: Tensor) -> Tensor:
    """Sum of the losses of an example's tokens, and how many count: ``(n, 2)``."""
    return _sums(_losses(_tokens(output), labels), labels != IGNORED)


def _right(output: Tensor, labels: Tensor) -> Tensor:
    """How many tokens of an example are right, and how many count: ``(n, 2)``."""
    return _sums(classes_of(_fitting(_tokens(output), labels)).eq(labels), labels != IGNORED)


def _sums(*values: Tensor) -> Tensor:
    import torch

    return torch.stack([x.flatten(1).sum(dim=1).float() for x in values], dim=1)


def _overlaps(output: Tensor, labels: Tensor) -> Tensor:
    """For each class the places where it is and was chosen, where it is, where it was chosen: ``(n, 3 classes)``."""
    import torch

    n, classes = _fitting(output, labels).shape[:2]
    counts, chosen = labels != IGNORED, classes_of(output)
    example = torch.arange(n).reshape(n, *(1 for _ in labels.shape[1:])).expand_as(labels)

    def places(of: Tensor, where: Tensor) -> Tensor:
        return torch.bincount((example * classes + of)[where], minlength=n * classes).reshape(n, classes).float()

    both = places(labels, counts & chosen.eq(labels))
    return torch.cat([both, places(labels, counts), places(chosen, counts)], dim=1)


def perplexity(sums: FloatArray) -> float:
    """The exponential of the mean loss of a token, in nats."""
    lost, counted = sums.sum(axis=0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return float(np.exp(np.divide(lost, counted)))


def token_accuracy(sums: FloatArray) -> float:
    """The share of right tokens among those that count."""
    right, counted = sums.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.divide(right, counted))


def mean_iou(sums: FloatArray) -> float:
    """Mean over the classes, of those that are there or were chosen, of intersection over union of all examples."""
    both, there, chosen = sums.sum(axis=0).reshape(3, -1)
    union = there + chosen - both
    return float((both[union > 0] / union[union > 0]).mean()) if union.any() else float("nan")


def _token_goal(figure: Objective, score: OfLabels, summary: Callable[[FloatArray], float]) -> Goal:
    return Goal(figure, _loss(_tokens), score, _distil(_tokens), lambda x: classes_of(_tokens(x)), summary)


GOALS = (
    _token_goal(Objective("perplexity", "min"), _lost, perplexity),
    _token_goal(Objective("token_accuracy", "max", SHARE), _right, token_accuracy),
    Goal(Objective("mean_iou", "max", SHARE), _loss(_pixels), _overlaps, _distil(_pixels), classes_of, mean_iou),
)
