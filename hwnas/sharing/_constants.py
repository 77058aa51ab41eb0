"""Which buffers are constants of a network's constructor, and which are learnt in training.

Running statistics are learnt, and what a forward pass in training writes. What differs between two runs of the
constructor was drawn, and belongs to the weights. All else (scales, index tables, positions, masks) the constructor
computes for the network's own sizes: there is nothing to share, and a part of the largest one's would be wrong.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.sharing._building import Builder, example, run


def constant_buffers(builder: Builder, architectures: Iterable[Architecture]) -> set[str]:
    """Names of the buffers of these networks that their constructors compute."""
    constants: set[str] = set()
    learnt: set[str] = set()
    for architecture in architectures:
        network = builder.hollow(architecture)
        if candidates := _computed(network) - constants - learnt:
            others = dict(builder.hollow(architecture, seed=1).named_buffers())
            drawn = {n for n, t in network.named_buffers() if not torch.equal(t, others[n])}
            learnt |= candidates & (drawn | _written(builder, architecture))
            constants |= candidates - learnt
    return constants - learnt


def _computed(network: nn.Module) -> set[str]:
    """Every buffer but running statistics of PyTorch's own layers."""
    statistics = {
        f"{prefix}.{name}" if prefix else name
        for prefix, module in network.named_modules()
        if isinstance(module, _NormBase)
        for name in ("running_mean", "running_var", "num_batches_tracked")
    }
    return {name for name, _ in network.named_buffers()} - statistics


def _written(builder: Builder, architecture: Architecture) -> set[str]:
    """What a forward pass in training changes; nothing is known where the inputs are not."""
    if not builder.space.inputs:
        return set()
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        network = builder.whole(architecture).train()
        before: dict[str, Tensor] = {name: buffer.clone() for name, buffer in network.named_buffers()}
        try:
            run(network, example(builder.space.inputs, 4))
        except InputError:  # such as one that wants labels too; what it writes is seen when it is trained
            return set()
        after = dict(network.named_buffers())
    return {name for name in before if name not in after or not _equal(before[name], after[name])}


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and bool(torch.equal(a, b))
