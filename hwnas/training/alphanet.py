"""The sandwich rule with an adaptive alpha-divergence (Wang et al., "AlphaNet: Improved Training of Supernets with
Alpha-Divergence", ICML 2021).

In-place distillation by the Kullback-Leibler divergence lets a sub-network underrate what it is unsure of: it is
punished little where it says too much. With p the largest sub-network's classes and q another one's,

    D_alpha(p || q) = sum_j q_j [(p_j / q_j)^alpha - 1] / (alpha (alpha - 1))
    D_1(p || q) = sum_j p_j log(p_j / q_j)

Alpha below 0 punishes saying too much, alpha above 0 too little. Of both, each example learns by the larger one.
As in the published code, (p_j / q_j)^alpha is cut at `most_ratio` where alpha is not 1, and every gradient value at
`most_gradient`; the numbers too are those of that code.
"""

import torch
from torch import Tensor
from torch.optim import Optimizer

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import CLASS_AXIS, Task
from hwnas.contracts.training import Method, TrainingObjective, UpdateRule
from hwnas.contracts.training_step import Context, Job, Output
from hwnas.training._samplers import Sandwich


class AdaptiveAlpha(TrainingObjective):
    """The larger of two alpha-divergences from the step's largest sub-network, example by example."""

    def __init__(self, low: float, high: float, most_ratio: float) -> None:
        self._alphas, self._most_ratio = (low, high), most_ratio

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        """The task's loss of the teacher, the divergence of all others."""
        teacher = context.teacher(job)
        if teacher is None:
            return super().loss(job, output, context)
        if type(context.task).distil is not Task.distil or not context.task.learns_labels:
            raise InputError(
                f"Method 'alphanet' compares outputs as probabilities of classes, and task {quoted(context.task.name)} "
                "has a loss or a `distil` of its own; train by 'sandwich'."
            )
        both = [divergence(teacher.value, output.value, alpha, self._most_ratio) for alpha in self._alphas]
        (low, by_low), (high, by_high) = both
        return torch.where(low > high, by_low, by_high).mean()


def divergence(teacher: Tensor, student: Tensor, alpha: float, most_ratio: float) -> tuple[Tensor, Tensor]:
    """D_alpha of logits ``(n, classes, ...)``, ``(n, ...)``, and what has the same value and the gradient to follow.

    The gradient by log q_j is ``-p_j`` for alpha = 1 and ``-q_j (p_j / q_j)^alpha / alpha`` else: that of D_alpha where
    nothing is cut, and without the division by a small q_j.
    """
    log_p, log_q = teacher.detach().log_softmax(CLASS_AXIS), student.log_softmax(CLASS_AXIS)
    q = log_q.detach().exp()
    log_ratio = log_p - log_q.detach()
    if alpha == 1:
        value, rho = (log_p.exp() * log_ratio).sum(CLASS_AXIS), log_ratio.exp()
    else:
        powers = (alpha * log_ratio).exp().clamp(max=most_ratio)
        value, rho = (q * (powers - 1)).sum(CLASS_AXIS) / (alpha * (alpha - 1)), powers / alpha
    surrogate = -(q * rho * log_q).sum(CLASS_AXIS)
    return value, surrogate + (value - surrogate).detach()


class CutGradients(UpdateRule):
    """No gradient value is beyond `most` on either side."""

    def __init__(self, most: float) -> None:
        self._most = most

    def before_step(self, context: Context, optimizer: Optimizer) -> None:  # noqa: ARG002
        """Cut all."""
        torch.nn.utils.clip_grad_value_(context.parameters.values(), self._most)


def alphanet(
    space: SearchSpace,  # noqa: ARG001  the stage says of which space
    *,
    randoms: int = 2,
    low: float = -1.0,
    high: float = 1.0,
    most_ratio: float = 5.0,
    most_gradient: float = 1.0,
) -> Method:
    """Largest, `randoms` uniformly drawn, and smallest sub-network per step.

    Args:
        space: what is searched.
        randoms: how many.
        low: the alpha below 0.
        high: the alpha above 0.
        most_ratio: where powers of p / q are cut.
        most_gradient: where gradient values are cut.

    Raises:
        InputError: an argument is out of its range.
    """
    if not (low < 0 < high and most_ratio > 0 and most_gradient > 0):
        raise InputError(
            "Method 'alphanet' needs low below 0, and high, most_ratio and most_gradient above 0, got "
            f"{low}, {high}, {most_ratio} and {most_gradient}."
        )
    return Method(
        "alphanet",
        {"randoms": randoms, "low": low, "high": high, "most_ratio": most_ratio, "most_gradient": most_gradient},
        architectures=Sandwich(randoms),
        objective=AdaptiveAlpha(low, high, most_ratio),
        update=CutGradients(most_gradient),
    )
