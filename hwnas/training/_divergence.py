"""What shows that a training has left the finite numbers."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor


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
