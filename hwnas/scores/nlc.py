"""Nonlinearity coefficient (Philipp and Carbonell 2018, arXiv:1806.00179): how far a network is from an affine map.

``NLC = sqrt(E Tr(J Cov_x J') / Tr Cov_f)`` with the Jacobian J and the covariances of inputs and outputs: 1 for an
affine map, more the more the network bends what the data spans. Networks that learn well begin in a band of about 1 to
3; far above they do not generalise. So it is no score of which more is better, and what is given as one is closeness to
2, the middle of the band: minus the distance of the logarithms.
"""

import math

import torch
from torch import Tensor, nn
from torch.func import functional_call, jvp

from hwnas.scores._networks import copied, settle_norms

MIDDLE = 2.0


def nonlinearity_coefficient(network: nn.Module, inputs: Tensor, *, rounds: int = 4, seed: int = 0) -> float:
    """Estimate the coefficient on a batch, in double precision, from Jacobian-vector products.

    ``Tr(J Cov_x J')`` is the mean of ``|J(x) (x' - mean)|^2`` over x and x'. Each round pairs every x with another x',
    every x' once, so for an affine network the estimate is 1 but for rounding. Batch-norms are frozen at the statistics
    of the batch; infinite when the outputs do not vary.

    Args:
        network: of one input and one output; left as it is.
        inputs: a batch ``(b, ...)``, some dozens at least.
        rounds: of pairing.
        seed: of the pairing.
    """
    twin, x = copied(network).double(), inputs.double()
    settle_norms(twin, x)
    state = {**dict(twin.named_parameters()), **dict(twin.named_buffers())}
    generator = torch.Generator().manual_seed(seed)
    centred = x - x.mean(0)
    moved = []
    with torch.no_grad():
        for _ in range(rounds):
            partner = centred[torch.randperm(len(x), generator=generator)]
            answer = jvp(lambda v: functional_call(twin, state, (v,)), (x,), (partner,))
            out, tangent = answer[0], answer[1]
            moved.append(float(tangent.flatten(1).square().sum(1).mean()))
        spread = float(out.flatten(1).var(dim=0, unbiased=False).sum())
    return math.sqrt(sum(moved) / rounds / spread) if spread > 0 else math.inf


def nlc(network: nn.Module, inputs: Tensor, labels: Tensor) -> float:  # noqa: ARG001  labels are of no use to it
    """Closeness of the coefficient to the middle of its good band, at most 0."""
    coefficient = nonlinearity_coefficient(network, inputs)
    return -abs(math.log(coefficient / MIDDLE)) if 0 < coefficient < math.inf else -math.inf
