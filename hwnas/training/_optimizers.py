"""What updates the shared tensors. Weight decay is for tensors of two or more dimensions, not for norms and biases."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from hwnas.contracts.errors import InputError, quoted
from hwnas.training._named import taken, told

Factory = Callable[..., Optimizer]
"""Called as ``factory(groups, lr=learning_rate)``: groups of parameters, each with its ``weight_decay``."""


def _sgd(groups: list[dict[str, Any]], lr: float, momentum: float) -> Optimizer:
    return torch.optim.SGD(groups, lr, momentum, nesterov=momentum > 0)


def _adamw(groups: list[dict[str, Any]], lr: float, momentum: float) -> Optimizer:
    return torch.optim.AdamW(groups, lr, (momentum, 0.999))


OPTIMIZERS: Mapping[str, Factory] = {"sgd": _sgd, "adamw": _adamw}


def optimizer_of(
    said: str | Factory, parameters: Iterable[Tensor], rate: float, *, momentum: float, weight_decay: float
) -> Optimizer:
    """The optimizer of `parameters` at a learning rate.

    Args:
        said: name of one, or what makes it.
        parameters: what it updates.
        rate: learning rate.
        momentum: of the named ones.
        weight_decay: see above.

    Raises:
        InputError: a factory of one's own fails, or gives something else.
    """
    trained = list(parameters)
    groups: list[dict[str, Any]] = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    make = taken("optimizer", said, OPTIMIZERS)
    if make in OPTIMIZERS.values():
        return make(groups, rate, momentum)  # type: ignore[no-any-return]
    try:
        made = make([group for group in groups if group["params"]], lr=rate)
    except Exception as error:  # whatever a function of the user's raises
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise InputError(
            f"The optimizer {quoted(told(said))} cannot be made as factory(groups, lr=...): "
            f"{type(error).__name__}: {reason}; correct it."
        ) from error
    if not isinstance(made, Optimizer):
        raise InputError(f"The optimizer {quoted(told(said))} should give a torch Optimizer, got "
                         f"{quoted(made)}; correct it.")  # fmt: skip
    return made
