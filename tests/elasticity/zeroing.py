"""What is left of a whole network when all that a smaller one lacks is made 0."""

import torch
from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.sharing.ranked import RankedSharing
from hwnas.supernet import Supernet


def zeroed(supernet: Supernet, architecture: Architecture) -> nn.Module:
    """The largest sub-network, with zeros wherever `architecture` has no entry, and in the blocks it lacks."""
    assert isinstance(supernet.sharing, RankedSharing)
    whole = supernet.extract(supernet.space.largest)
    tensors = dict([*whole.named_parameters(), *whole.named_buffers()])
    for name, trees in supernet.space.axes.items():
        for dim, tree in enumerate(trees):
            if tree is not None:
                gone = torch.ones(tensors[name].shape[dim], dtype=torch.bool)
                gone[supernet.sharing._kept(tree, architecture)] = False
                tensors[name].data.movedim(dim, 0)[gone] = 0
    for choice, option in architecture.items():
        if option is False:
            for tensor in whole.get_submodule(choice.removesuffix(".kept")).parameters():
                tensor.data.zero_()
    return whole
