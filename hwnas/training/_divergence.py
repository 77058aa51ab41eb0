"""What shows that a training has left the finite numbers."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from hwnas.contracts.errors import InputError, quoted


def refuse_no_loss(loss: object, method: str) -> None:
    """Refuse what no gradient can be taken of.

    Raises:
        InputError: `loss` is no scalar, or hangs on nothing that learns.
    """
    if not isinstance(loss, Tensor) or loss.ndim:
        got = tuple(loss.shape) if isinstance(loss, Tensor) else quoted(loss)
        raise InputError(f"The loss of method {method!r} should be one number as a tensor, got {got}; give its mean.")
    if not loss.requires_grad:
        raise InputError(
            f"The loss of method {method!r} does not hang on any tensor that learns; compute it from the output, "
            "without detach() or no_grad(), and freeze less."
        )


def fault_of_loss(role: str, loss: float) -> str:
    """What is wrong with the loss of a sub-network; empty when nothing is."""
    return "" if math.isfinite(loss) else f"the loss of the {role} sub-network is {loss}"


def fault_of_update(parameters: Iterable[Tensor]) -> str:
    """What is wrong with shared tensors that were just updated; empty when nothing is."""
    updated = [parameter.detach() for parameter in parameters if parameter.grad is not None]
    if not updated or torch.nn.utils.get_total_norm(updated).isfinite():  # four times as fast as looking at each value
        return ""
    finite = all(bool(tensor.isfinite().all()) for tensor in updated)  # squares may overflow where values do not
    return "" if finite else "the update left weights that are not finite"
