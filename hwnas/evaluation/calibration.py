"""Batch-norm statistics of a sub-network's own.

Shared running statistics fit no single sub-network, so they are measured anew for every one that is evaluated
or handed out (Yu and Huang, 2019). This is the only place where that is done.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.task import Batch, Examples, Rows
from hwnas.heap import kept_memory
from hwnas.supernet import Supernet

CALIBRATION_EXAMPLES = 500  # another draw of them moves an accuracy by 0.0007, as much as another draw of 1,000
_BATCH = 125  # examples per run: activations of small networks stay in the cache (a third faster than with 250)


def drawn(examples: Rows, count: int = CALIBRATION_EXAMPLES, *, seed: int = 0) -> Examples:
    """So many examples drawn at random, in random order: data may be sorted, and every batch is to be like the whole.

    All of them, still in random order, where there are no more.
    """
    return examples.take(np.random.default_rng(seed).permutation(len(examples))[:count])


def calibrated(
    supernet: Supernet,
    architecture: Architecture,
    examples: Rows,
    *,
    count: int = CALIBRATION_EXAMPLES,
    seed: int = 0,
) -> nn.Module:
    """A plain sub-network in evaluation mode with its own normalisation statistics: what is evaluated and handed out.

    `Supernet.extract` gives the same with the statistics shared by all sub-networks, which fit none, but for the
    network that `hwnas.elastic` was given; without layers that keep statistics there is no difference.

    Args:
        supernet: it is one of.
        architecture: which one.
        examples: training data; the statistics are averages over some of it, drawn at random.
        count: how many are drawn, at most.
        seed: of the draw.
    """
    network = supernet.extract(architecture)
    norms = [m for m in network.modules() if isinstance(m, _NormBase) and m.track_running_stats]
    if not norms or supernet.fits(architecture):
        return network
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # averages over all batches alike
        norm.train()
    with torch.no_grad(), kept_memory(give_back=False):  # for the next sub-network
        for inputs in _batches(drawn(examples, count, seed=seed)):
            network(*(x.to(supernet.device) for x in inputs))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum  # else training on would average over everything it ever saw
    return network.eval()


def _batches(examples: Examples) -> list[tuple[Tensor, ...]]:
    # Parts of equal size: batch-norm averages over batches, and cannot learn from a last one of a single example.
    rows = np.array_split(np.arange(len(examples)), math.ceil(len(examples) / _BATCH))
    parts = [examples.take(slice(r[0], r[-1] + 1)) for r in rows]
    return [tuple(fast_layout(torch.from_numpy(x)) for x in part.inputs) for part in parts]


def placed(batch: Batch, device: torch.device | None) -> Batch:
    """A batch on a device, as it trains fastest there."""
    inputs = tuple(fast_layout(x).to(device) for x in batch.inputs)
    return Batch(inputs, batch.labels.to(device))


def fast_layout(x: Tensor) -> Tensor:
    """Images channels-last: 2 to 3 times faster to train on CPUs, and what GPUs with tensor cores want."""
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x
