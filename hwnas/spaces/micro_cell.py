"""256 cells for 8x8 grey images: small enough that all of them were trained, see `hwnas.micro_bench`.

A cell has four edges, each with one of four operations: nothing at all (`skip`), a 3x3 average (`pool`), or a
convolution of size 1 or 3 with ReLU before and batch-norm behind it. Edge `e0` leads from the input to the middle,
`e1` from the middle and `e2` from the input to the sum, `e3` from the sum to the output::

    output = e3(e1(e0(input)) + e2(input))

The network is a stem, the cell, a halving of the resolution, the same cell again at twice the width, and a linear
classifier. Some cells are the same function in other words (a convolution and a `skip` in a row commute); they are
separate architectures here, with weights of their own, as in NAS-Bench-201 (Dong and Yang, ICLR 2020), whose cells
this one resembles.
"""

import numpy as np
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import InputSpec, SearchSpace

EDGES = ("e0", "e1", "e2", "e3")
OPERATIONS = ("skip", "pool", "conv1", "conv3")
CLASSES = 10
SIDE = 8
WIDTHS = (8, 16)  # of the first and the second cell; the second works at half the resolution
_KERNELS = {"conv1": 1, "conv3": 3}


def _edge(operation: str, width: int) -> nn.Module:
    """One edge; both convolutions stand in the same place, so in a supernet the small one is the other's centre."""
    layers = nn.Sequential()
    if operation == "pool":
        layers.add_module("pool", nn.AvgPool2d(3, 1, 1, count_include_pad=False))
    elif operation in _KERNELS:
        kernel = _KERNELS[operation]
        layers.add_module("act", nn.ReLU())
        layers.add_module("conv", nn.Conv2d(width, width, kernel, padding=kernel // 2, bias=False))
        layers.add_module("norm", nn.BatchNorm2d(width))
    return layers


class _Cell(nn.Module):
    def __init__(self, architecture: Architecture, width: int) -> None:
        super().__init__()
        self.e0, self.e1, self.e2, self.e3 = (_edge(str(architecture[name]), width) for name in EDGES)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.e3(self.e1(self.e0(x)) + self.e2(x))
        return out


def _entry(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs))


class _MicroNet(nn.Module):
    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        first, second = WIDTHS
        self.stem = _entry(1, first, 1)
        self.cell1 = _Cell(architecture, first)
        self.act = nn.ReLU()
        self.halve = _entry(first, second, 2)
        self.cell2 = _Cell(architecture, second)
        self.act2 = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(second, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.halve(self.act(self.cell1(self.stem(x))))
        out: Tensor = self.classifier(self.flatten(self.pool(self.act2(self.cell2(x)))))
        return out


def _per_operation() -> tuple[FloatArray, FloatArray]:
    """Multiply-adds and parameters that each operation adds in both cells together, ``(4,)`` each."""
    macs, params = np.zeros(len(OPERATIONS)), np.zeros(len(OPERATIONS))
    for i, operation in enumerate(OPERATIONS):
        for width, side in zip(WIDTHS, (SIDE, SIDE // 2), strict=True):
            if operation in _KERNELS:
                weights = _KERNELS[operation] ** 2 * width**2
                macs[i] += weights * side**2
                params[i] += weights + 2 * width
    return macs, params


_MACS, _PARAMS = _per_operation()


def _costs(genomes: IntArray) -> dict[str, FloatArray]:
    """Multiply-adds of one example and parameters, ``(n,)`` each."""
    first, second = WIDTHS
    macs = 9 * first * SIDE**2 + 9 * first * second * (SIDE // 2) ** 2 + second * CLASSES
    params = 9 * first + 2 * first + 9 * first * second + 2 * second + (second + 1) * CLASSES
    return {"macs": _MACS[genomes].sum(axis=1) + macs, "params": _PARAMS[genomes].sum(axis=1) + params}


def _features(genomes: IntArray) -> FloatArray:
    """How often each operation occurs, convolutions on the longest path, whether input and output are joined by
    skips alone, multiply-adds: ``(n, 4) -> (n, 7)``.
    """
    counts = (genomes[:, :, None] == np.arange(len(OPERATIONS))).sum(axis=1)
    learns = (genomes >= OPERATIONS.index("conv1")).astype(np.float64)
    depth = np.maximum(learns[:, 0] + learns[:, 1], learns[:, 2]) + learns[:, 3]
    skips = genomes == OPERATIONS.index("skip")
    joined = skips[:, 3] & (skips[:, 2] | (skips[:, 0] & skips[:, 1]))
    return np.column_stack([counts, depth, joined, _costs(genomes)["macs"]]).astype(np.float64)


def micro_cell() -> SearchSpace:
    """The space."""
    return SearchSpace(
        [Choice(name, OPERATIONS, ordered=False) for name in EDGES],
        name="micro_cell",
        build=_MicroNet,
        inputs=[InputSpec("images", (1, SIDE, SIDE))],
        costs=_costs,
        features=_features,
        feature_names=[*(f"{operation}.count" for operation in OPERATIONS), "depth", "joined", "macs"],
    )
