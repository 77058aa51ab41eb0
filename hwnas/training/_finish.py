"""From a trained supernet to a network one can judge: batch-norm statistics of its own, then its accuracy.

Shared running statistics fit no single sub-network, so they are measured anew for every one that is evaluated
or handed out (Yu and Huang, 2019). This is the only place where that is done.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.task import Examples
from hwnas.supernet import Supernet
from hwnas.training._loop import _fast_layout

_BATCH = 125  # examples per run: activations of small networks stay in the cache (a third faster than with 250)


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


def wilson_interval(share: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Bounds of a share of `n` independent cases (Wilson, 1927); `z` = 1.96 gives 95 % confidence."""
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return float(max(0.0, min(share, centre - half))), float(min(1.0, max(share, centre + half)))


def _batches(examples: Examples) -> list[tuple[Tensor, ...]]:
    # Parts of equal size: batch-norm averages over batches, and cannot learn from a last one of a single example.
    rows = np.array_split(np.arange(len(examples)), math.ceil(len(examples) / _BATCH))
    parts = [examples.take(slice(r[0], r[-1] + 1)) for r in rows]
    return [tuple(_fast_layout(torch.from_numpy(x)) for x in part.inputs) for part in parts]
