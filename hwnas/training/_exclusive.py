"""What a task of a stream may change: shared weights in its mask that no earlier task has in its own."""

import torch
from torch import Tensor
from torch.optim import Optimizer

from hwnas.contracts.training import UpdateRule
from hwnas.contracts.training_step import Context, Stage
from hwnas.sharing.supermask import is_weight, mask_of, score_of

_TASK = "task "


def named(task: int, what: str) -> str:
    """The name of a stage."""
    return f"{_TASK}{task}: {what}"


def task_of(stage: Stage) -> int:
    """The task of a stage that is named so."""
    return int(stage.name.removeprefix(_TASK).partition(":")[0])


class Exclusive(UpdateRule):
    """Undoes an update where it is not allowed: momentum and decay are not stopped by gradients of zero.

    Args:
        density: of masks.
        exclusive: whether weights in an earlier task's mask stay; else only those outside of the task's own.
    """

    def __init__(self, density: float, *, exclusive: bool) -> None:
        self._density, self._exclusive = density, exclusive
        self._task, self._free = -1, dict[str, Tensor]()  # found again after a kill: masks before do not change
        self._before: dict[str, Tensor] = {}

    def before_step(self, context: Context, optimizer: Optimizer) -> None:  # noqa: ARG002
        """Keep what weights are."""
        task = task_of(context.step.stage)
        if task != self._task:
            self._task, self._free = task, {}
        weights = {n: p for n, p in context.parameters.items() if is_weight(n) and p.grad is not None}
        self._before = {name: weight.detach().clone() for name, weight in weights.items()}
        for name in weights.keys() - self._free.keys():
            self._free[name] = self._allowed(context, name, task)

    def after_step(self, context: Context, optimizer: Optimizer) -> None:  # noqa: ARG002
        """Give them back where they are not free."""
        with torch.no_grad():
            for name, before in self._before.items():
                weight = context.parameters[name]
                weight.copy_(torch.where(self._free[name], weight, before))

    def _allowed(self, context: Context, name: str, task: int) -> Tensor:
        *others, own = (mask_of(context.parameters[score_of(t, name)], self._density) > 0 for t in range(task + 1))
        claimed = torch.stack(others).any(dim=0) if others and self._exclusive else torch.zeros_like(own)
        return own & ~claimed
