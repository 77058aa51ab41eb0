"""A trained network, to be shrunk: replace this one by yours.

hwnas elastic model.py:net --inputs 3x32x32
"""

import torch
from torch import Tensor, nn


class Block(nn.Module):
    """A residual block. Its inner width can shrink; `x + f(x)` in an `nn.Sequential` can be left out whole."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.widen, self.norm = nn.Conv2d(width, 2 * width, 3, padding=1), nn.BatchNorm2d(2 * width)
        self.project = nn.Conv2d(2 * width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Sizes are read from tensors, never written as numbers: code that counts on a width keeps it."""
        out: Tensor = x + self.project(self.norm(self.widen(x)).relu())
        return out


def net() -> nn.Module:
    """The network with its trained weights, in evaluation mode, on the CPU. It gives one tensor for each batch."""
    torch.manual_seed(0)  # only here: to have the same weights every time while there are none of yours
    network = nn.Sequential(
        nn.Conv2d(3, 16, 4, stride=4), Block(16), Block(16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4)
    )
    # network.load_state_dict(torch.load("weights.pt", weights_only=True))
    return network.eval()
