"""What a goal is: a figure, the loss that leads to it, and the scores that it is of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.objective import Objective

if TYPE_CHECKING:
    from torch import Tensor

OfLabels = Callable[["Tensor", "Tensor"], "Tensor"]
Summary = Callable[[FloatArray], float]


@dataclass(frozen=True)
class Goal:
    """A figure, the loss ``(output, labels) -> scalar`` that leads to it, and the score ``-> (n,)`` it is the mean of.

    Args:
        figure: its name, direction and unit.
        loss: as above.
        score: as above; with a `summary` it may be ``(n, k)``.
        distil: the loss ``(output, teacher's output) -> scalar``; None: nothing can be learnt from another network.
        answer: what an output decides, ``(n, ...)``, by which two versions of a network are compared; None: nothing.
        summary: the figure of all scores, where it is not their mean.
    """

    figure: Objective
    loss: OfLabels
    score: OfLabels
    distil: OfLabels | None = None
    answer: Callable[[Tensor], Tensor] | None = None
    summary: Summary | None = None


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


def each_mean(figures: Tensor) -> Tensor:
    """The mean of each example's figures, ``(n,)`` of ``(n, ...)``."""
    return figures.reshape(len(figures), -1).mean(dim=1)


def scalar(loss: Tensor, name: str) -> Tensor:
    """A loss, if it is one.

    Raises:
        InputError: it is no scalar.
    """
    if getattr(loss, "ndim", None) == 0:
        return loss
    shape = tuple(getattr(loss, "shape", ())) or type(loss).__name__
    raise InputError(f"The loss of task {quoted(name)} should be one number as a tensor, got {shape}; take its mean.")
