"""How long and how fast to learn: the same for every method, so that methods can be compared."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from hwnas.contracts.errors import InputError


@dataclass(frozen=True)
class Recipe:
    """SGD with Nesterov momentum, linear warm-up, cosine decay to zero.

    Weight decay applies to tensors of two or more dimensions (not to norms and biases).

    Args:
        epochs: passes over the training data, where `passes` is not given.
        passes: sub-network passes (see `hwnas.contracts.training_step.Job.cost`): as many steps as stay within them.
        batch_size: examples per step.
        learning_rate: the peak.
        momentum: of SGD.
        weight_decay: see above.
        warmup_steps: at most a quarter of all.
        seed: of all that is drawn at random.

    Raises:
        InputError: a figure that cannot be followed.
    """

    epochs: float = 20
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    warmup_steps: int = 200
    seed: int = 0
    passes: int | None = None

    def __post_init__(self) -> None:
        positive = (self.epochs, self.learning_rate, self.batch_size)
        if not all(math.isfinite(figure) and figure > 0 for figure in positive):
            raise InputError(
                f"A recipe needs positive epochs, batch size and learning rate, got {self.epochs}, "
                f"{self.batch_size} and {self.learning_rate}."
            )
        if self.passes is not None and self.passes < 1:
            raise InputError(f"A recipe needs at least one sub-network pass, got {self.passes}.")

    def rate(self, step: int, steps: int) -> float:
        """Learning rate of a step."""
        warm = min(1.0, (step + 1) / max(1, min(self.warmup_steps, steps // 4)))
        return self.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * step / steps))

    def optimizer(self, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
        """The optimizer of `parameters`; its rate is set before every step."""
        kept = list(parameters)
        groups: list[dict[str, Any]] = [
            {"params": [p for p in kept if p.ndim > 1], "weight_decay": self.weight_decay},
            {"params": [p for p in kept if p.ndim <= 1], "weight_decay": 0.0},
        ]
        return torch.optim.SGD(groups, self.learning_rate, self.momentum, nesterov=self.momentum > 0)


GENTLE = Recipe(epochs=3, batch_size=64, learning_rate=0.02, weight_decay=1e-4)
"""For weights that are good already."""
