"""Goals of numbers: how far outputs are from labels, or on which side of zero they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.task import SHARE
from hwnas.tasks._goal import Goal, beside, each_mean

if TYPE_CHECKING:
    from torch import Tensor


def signs(output: Tensor) -> Tensor:
    """The side of zero of each output: 0 or 1."""
    return (output > 0).long()


def _square(output: Tensor, labels: Tensor) -> Tensor:
    return each_mean((output - beside(output, labels)).square())


def _absolute(output: Tensor, labels: Tensor) -> Tensor:
    return each_mean((output - beside(output, labels)).abs())


def _mean_square(output: Tensor, labels: Tensor) -> Tensor:
    return _square(output, labels).mean()


def _mean_absolute(output: Tensor, labels: Tensor) -> Tensor:
    return _absolute(output, labels).mean()


def _share_right(output: Tensor, labels: Tensor) -> Tensor:
    return each_mean((output > 0).eq(zero_or_one(output, labels) > 0).float())


def several(output: Tensor, labels: Tensor) -> Tensor:
    """Binary cross-entropy of logits with labels of 0 and 1, one for each."""
    from torch.nn import functional as F

    return F.binary_cross_entropy_with_logits(output, zero_or_one(output, labels))


def several_softened(output: Tensor, teacher: Tensor) -> Tensor:
    """The same with what a teacher's logits say."""
    from torch.nn import functional as F

    return F.binary_cross_entropy_with_logits(output, teacher.sigmoid())


def zero_or_one(output: Tensor, labels: Tensor) -> Tensor:
    """Labels of 0 and 1 in the shape of the output.

    Raises:
        InputError: they are others, or not one for each output.
    """
    wanted = beside(output, labels)
    if not ((wanted == 0) | (wanted == 1)).all():
        raise InputError("This figure takes labels of 0 and 1, one for each output; got others.")
    return wanted


GOALS = (
    Goal(Objective("mean_squared_error", "min"), _mean_square, _square, _mean_square),
    Goal(Objective("mean_absolute_error", "min"), _mean_absolute, _absolute, _mean_absolute),
    Goal(Objective("multi_label_accuracy", "max", SHARE), several, _share_right, several_softened, signs),
)
