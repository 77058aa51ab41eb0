"""The memory layout that shared tensors, bound weights and extracted networks have in common, and that of the world."""

import torch
from torch import Tensor, nn


def dense(tensor: Tensor) -> Tensor:
    """A copy in that layout, differentiable.

    Channels-last convolution weights train 1.4 times faster on CPUs; and a convolution's last bits depend on the
    layout of its weights, so the extracted network must have the supernet's.
    """
    return tensor.clone(memory_format=torch.channels_last if tensor.ndim == 4 else torch.contiguous_format)


def in_usual_layout(network: nn.Module) -> nn.Module:
    """The network itself with its tensors as PyTorch lays them out: files of tensors take no others."""
    for tensor in (*network.parameters(), *network.buffers()):
        tensor.data = tensor.data.contiguous()
    return network
