"""SNIP (Lee et al. 2019, arXiv:1810.02340): how much the loss hangs on the single weights, all together.

The sum of |weight x gradient|, which is the gradient with respect to a mask of ones; Abdelfattah et al. (2021,
arXiv:2101.08134) made it a score of architectures.
"""

from torch import Tensor, nn

from hwnas.scores._networks import weight_gradients


def snip(network: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    """Sum over convolutions and linear layers."""
    return sum(float((w * g).abs().sum()) for w, g in weight_gradients(network, inputs, labels))
