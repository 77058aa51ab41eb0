"""From a trained supernet to a network one can judge: batch-norm statistics of its own, then its accuracy.

Shared running statistics fit no single sub-network, so they are measured anew for every one that is evaluated
or handed out (Yu and Huang, 2019). This is the only place where that is done.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.task import Examples
from hwnas.supernet import Supernet
from hwnas.training._loop import _fast_layout

_BATCH = 500


def calibrated(supernet: Supernet, architecture: Architecture, examples: Examples) -> nn.Module:
    """The sub-network with batch-norm statistics averaged over `examples` (training data), in evaluation mode."""
    network = supernet.extract(architecture)
    norms = [m for m in network.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    if not norms:
        return network
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    with torch.no_grad():
        for inputs in _batches(examples):
            network(*inputs)
    return network.eval()


def predict(network: nn.Module, examples: Examples) -> np.ndarray:
    """Predicted class of every example, ``(n,)``."""
    with torch.no_grad():
        logits: Sequence[Tensor] = [network(*inputs) for inputs in _batches(examples)]
    return torch.cat(list(logits)).argmax(dim=1).numpy()


def accuracy(network: nn.Module, examples: Examples) -> float:
    """Share of examples classified right, 0 to 1."""
    return float((predict(network, examples) == examples.labels).mean())


def _batches(examples: Examples) -> list[tuple[Tensor, ...]]:
    parts = [examples.take(slice(i, i + _BATCH)) for i in range(0, len(examples), _BATCH)]
    return [tuple(_fast_layout(torch.from_numpy(x)) for x in part.inputs) for part in parts]
