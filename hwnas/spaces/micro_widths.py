"""Widths and depths for 14x14 grey images: small enough that a sample of it was trained alone, network by network.

Three stages, each of which begins with a 3x3 convolution of stride 2 and goes on with residual ones; a stage has one,
two or three convolutions and one of four widths, which are nested in a supernet. So sub-networks are of very different
sizes (10 k to 0.8 M multiply-adds), while those of `micro_cell` are of different operations.
"""

import numpy as np
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import InputSpec, SearchSpace

DEPTHS = (1, 2, 3)
WIDTHS = ((4, 8, 12, 16), (8, 16, 24, 32), (12, 24, 36, 48))  # of the stages
SIDES = (7, 4, 2)  # of their outputs, in pixels
SIDE = 14
CLASSES = 10


class _Block(nn.Module):
    """Convolution, batch-norm and ReLU, added to the input where it has the same shape."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.act = nn.ReLU()
        self.residual = stride == 1

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.act(self.norm(self.conv(x)))
        return x + out if self.residual else out


class _MicroWidths(nn.Module):
    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.stages = nn.ModuleList()
        width = 1
        for number in range(1, len(WIDTHS) + 1):
            outputs, stage = int(architecture[f"stage{number}.width"]), nn.Sequential()
            for block in range(int(architecture[f"stage{number}.depth"])):
                stage.append(_Block(width, outputs, 1 if block else 2))
                width = outputs
            self.stages.append(stage)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        for stage in self.stages:
            x = stage(x)
        out: Tensor = self.classifier(self.flatten(self.pool(x)))
        return out


def _costs(genomes: IntArray) -> dict[str, FloatArray]:
    """Multiply-adds of one example and parameters, ``(n,)`` each."""
    macs = params = np.zeros(len(genomes))
    before = np.ones(len(genomes))
    for stage, (widths, side) in enumerate(zip(WIDTHS, SIDES, strict=True)):
        depth, width = np.array(DEPTHS)[genomes[:, 2 * stage]], np.array(widths)[genomes[:, 2 * stage + 1]]
        weights = 9 * width * (before + (depth - 1) * width)
        macs, params = macs + weights * side**2, params + weights + 2 * width * depth
        before = width.astype(np.float64)
    return {"macs": macs + before * CLASSES, "params": params + (before + 1) * CLASSES}


def micro_widths() -> SearchSpace:
    """The space."""
    choices = []
    for number, widths in enumerate(WIDTHS, start=1):
        choices += [Choice(f"stage{number}.depth", DEPTHS), Choice(f"stage{number}.width", widths)]
    return SearchSpace(
        choices,
        name="micro_widths",
        build=_MicroWidths,
        inputs=[InputSpec("images", (1, SIDE, SIDE))],
        costs=_costs,
    )
