"""Gradient norm (Abdelfattah et al. 2021, arXiv:2101.08134): how strongly the loss pulls at the weights."""

from torch import Tensor, nn

from hwnas.scores._networks import weight_gradients


def grad_norm(network: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    """Sum of the Euclidean norms of the gradients of convolutions and linear layers."""
    return sum(float(g.norm()) for _, g in weight_gradients(network, inputs, labels))
