"""NASWOT (Mellor et al. 2021, arXiv:2006.04647): how differently the activations switch for different examples.

Each example has a code: which units are on. The kernel counts the units in which two codes agree, and the score is the
logarithm of its determinant: large when the codes are far from one another.
"""

import torch
from torch import Tensor, nn

from hwnas.scores._networks import ACTIVATIONS, copied


def naswot(network: nn.Module, inputs: Tensor, labels: Tensor) -> float:  # noqa: ARG001  labels are of no use to it
    """Log-determinant over all activation layers; minus infinity when two examples cannot be told apart."""
    twin = copied(network)
    kernel = torch.zeros(len(inputs), len(inputs), dtype=torch.float64)

    def count(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:  # noqa: ARG001
        nonlocal kernel
        on = (arguments[0].detach().flatten(1) > 0).double()
        kernel = kernel + on @ on.T + (1 - on) @ (1 - on).T

    for module in twin.modules():
        if isinstance(module, ACTIVATIONS):
            module.register_forward_pre_hook(count)
    with torch.no_grad():
        twin(inputs)
    sign, logarithm = torch.linalg.slogdet(kernel)
    return float(logarithm) if sign > 0 else -float("inf")
