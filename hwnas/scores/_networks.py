"""What several scores do to a copy of a network."""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.Hardswish, nn.SiLU, nn.GELU, nn.ELU)


def copied(network: nn.Module) -> nn.Module:
    """A copy to work on, in training mode, without gradients."""
    twin = copy.deepcopy(network).train().requires_grad_()
    twin.zero_grad(set_to_none=True)
    return twin


def weights(network: nn.Module) -> Iterator[Tensor]:
    """The weights of convolutions and linear layers; not biases, not norms."""
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.modules.conv._ConvNd):
            yield module.weight


def weight_gradients(network: nn.Module, inputs: Tensor, labels: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Each weight of a copy with its gradient of the cross-entropy; a weight that is not used has zeros."""
    twin = copied(network)
    with torch.enable_grad():
        F.cross_entropy(twin(inputs), labels).backward()  # type: ignore[no-untyped-call]
    return [(w.detach(), torch.zeros_like(w) if w.grad is None else w.grad) for w in weights(twin)]


def settle_norms(network: nn.Module, inputs: Tensor) -> None:
    """Give batch-norms the statistics of `inputs`, and put the network into evaluation mode."""
    norms = [m for m in network.modules() if isinstance(m, _BatchNorm)]
    for norm in norms:
        norm.momentum = 1.0
    if norms:
        network.train()
        with torch.no_grad():
            network(inputs)
    network.eval()
