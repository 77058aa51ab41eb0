"""SynFlow (Tanaka et al. 2020, arXiv:2006.05467): how much signal all paths together let through; needs no data.

Every parameter is replaced by its absolute value and batch-norms are left out; the score is the sum of parameter times
gradient of the summed output for an input of ones. It is computed in double precision, for in single it overflows.
Given is its logarithm: the order is the same, and it can be stood next to other figures.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from hwnas.scores._networks import copied


def synflow(network: nn.Module, inputs: Tensor, labels: Tensor) -> float:  # noqa: ARG001  the data is of no use to it
    """Logarithm of the synaptic flow; minus infinity when nothing gets through."""
    twin = copied(network).double()
    for name, module in list(twin.named_modules()):
        if isinstance(module, _BatchNorm):
            owner, _, leaf = name.rpartition(".")
            setattr(twin.get_submodule(owner), leaf, nn.Identity())
    parameters = list(twin.parameters())
    with torch.no_grad():
        for parameter in parameters:
            parameter.abs_()
    with torch.enable_grad():
        twin(torch.ones_like(inputs[:1], dtype=torch.float64)).sum().backward()
    flow = sum(float((p.detach() * p.grad).sum()) for p in parameters if p.grad is not None)
    return math.log(flow) if flow > 0 else -math.inf
