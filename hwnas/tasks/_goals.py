"""Ready goals: what is learnt, and what is good, of outputs and labels.

A figure is the mean of a score per example, so that it has an interval; the root of a mean square, say, is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.objective import Objective
from hwnas.contracts.task import SHARE, classes_of, softened

if TYPE_CHECKING:
    from torch import Tensor

OfLabels = Callable[["Tensor", "Tensor"], "Tensor"]


@dataclass(frozen=True)
class Goal:
    """A figure, the loss ``(output, labels) -> scalar`` that leads to it, and the score ``-> (n,)`` it is the mean of.

    `distil` is the loss ``(output, teacher's output) -> scalar``; None: nothing can be learnt from another network.
    `answer` tells what an output decides, ``(n, ...)``, by which two versions of a network are compared; None: nothing.
    """

    figure: Objective
    loss: OfLabels
    score: OfLabels
    distil: OfLabels | None = None
    answer: Callable[[Tensor], Tensor] | None = None


def beside(output: Tensor, labels: Tensor) -> Tensor:
    """Labels in the shape of the output: ``(n,)`` and ``(n, 1)`` are the same here, and nothing is broadcast.

    Raises:
        InputError: there are not as many figures of each.
    """
    if output.numel() == labels.numel() and len(output) == len(labels):
        return labels.reshape(output.shape).to(output.dtype)
    raise InputError(
        f"Outputs {tuple(output.shape)} and labels {tuple(labels.shape)} should hold as many figures for each example; "
        "change the network or the labels."
    )


def _top5(output: Tensor, labels: Tensor) -> Tensor:
    if output.ndim != 2 or output.shape[1] <= 5 or labels.ndim != 1:
        raise InputError(
            f"top5_accuracy takes logits (n, more than 5 classes) and labels (n,), got {tuple(output.shape)} and "
            f"{tuple(labels.shape)}; use accuracy."
        )
    return output.topk(5, dim=1).indices.eq(labels[:, None]).any(dim=1).float()


def _cross_entropy(output: Tensor, labels: Tensor) -> Tensor:
    from torch.nn import functional as F

    return F.cross_entropy(output, labels)


def _signs(output: Tensor) -> Tensor:
    return (output > 0).long()


def _square(output: Tensor, labels: Tensor) -> Tensor:
    return (output - beside(output, labels)).square().flatten(1).mean(dim=1)


def _absolute(output: Tensor, labels: Tensor) -> Tensor:
    return (output - beside(output, labels)).abs().flatten(1).mean(dim=1)


def _several(output: Tensor, labels: Tensor) -> Tensor:
    from torch.nn import functional as F

    return F.binary_cross_entropy_with_logits(output, _zero_or_one(output, labels))


def _several_softened(output: Tensor, teacher: Tensor) -> Tensor:
    from torch.nn import functional as F

    return F.binary_cross_entropy_with_logits(output, teacher.sigmoid())


def _mean_square(output: Tensor, labels: Tensor) -> Tensor:
    return _square(output, labels).mean()


def _mean_absolute(output: Tensor, labels: Tensor) -> Tensor:
    return _absolute(output, labels).mean()


def _share_right(output: Tensor, labels: Tensor) -> Tensor:
    return (output > 0).eq(_zero_or_one(output, labels) > 0).float().flatten(1).mean(dim=1)


def _zero_or_one(output: Tensor, labels: Tensor) -> Tensor:
    wanted = beside(output, labels)
    if not ((wanted == 0) | (wanted == 1)).all():
        raise InputError("multi_label_accuracy takes labels of 0 and 1, one for each output; got others.")
    return wanted


GOALS: dict[str, Goal] = {
    goal.figure.name: goal
    for goal in (
        Goal(Objective("top5_accuracy", "max", SHARE), _cross_entropy, _top5, softened, classes_of),
        Goal(Objective("mean_squared_error", "min"), _mean_square, _square, _mean_square),
        Goal(Objective("mean_absolute_error", "min"), _mean_absolute, _absolute, _mean_absolute),
        Goal(Objective("multi_label_accuracy", "max", SHARE), _several, _share_right, _several_softened, _signs),
    )
}
"""By the names of their figures; ``accuracy``, which every task has that says nothing else, is `Task`'s own."""


def scalar(loss: Tensor, name: str) -> Tensor:
    """A loss, if it is one.

    Raises:
        InputError: it is no scalar.
    """
    if getattr(loss, "ndim", None) == 0:
        return loss
    shape = tuple(getattr(loss, "shape", ())) or type(loss).__name__
    raise InputError(f"The loss of task {quoted(name)} should be one number as a tensor, got {shape}; take its mean.")
