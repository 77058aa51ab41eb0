"""A small diffusion U-Net for 8x8 grey images: it tells the noise in an image from the image and the time.

Five blocks, at 8x8, 4x4, 4x4, 4x4 and 8x8 pixels, of one or two residual units each; what comes out of the first two is
added to what goes into the last two. A unit is two 3x3 convolutions, between which a linear map of the time is added;
the width between them is a choice of the block, that between blocks is not. So the options of a block change no other
block, and blocks can be chosen one by one (`hwnas.training.diffnas`).

There are no norms, which such networks have when they are deep; and skips are added, where they are usually
concatenated, so that no other convolution depends on a choice.
"""

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import InputSpec, SearchSpace

SIDE = 8
BLOCKS = ("down1", "down2", "middle", "up2", "up1")
OUTER = (16, 32, 32, 32, 16)  # channels between blocks
SIDES = (8, 4, 4, 4, 8)  # of the blocks' images, in pixels
DEPTHS = (1, 2)
SHARES = (0.25, 0.5, 0.75, 1.0)  # of the outer channels, in between
TIME = 32  # features of the time


class _Unit(nn.Module):
    """``x + f(x, time)``."""

    def __init__(self, outer: int, inner: int) -> None:
        super().__init__()
        self.act1, self.act2 = nn.SiLU(), nn.SiLU()
        self.expand = nn.Conv2d(outer, inner, 3, padding=1)
        self.shift = nn.Conv2d(TIME, inner, 1)
        self.project = nn.Conv2d(inner, outer, 3, padding=1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        inner = self.expand(self.act1(x)) + self.shift(time)
        out: Tensor = x + self.project(self.act2(inner))
        return out


class _Block(nn.Module):
    def __init__(self, outer: int, inner: int, depth: int) -> None:
        super().__init__()
        self.units = nn.ModuleList(_Unit(outer, inner) for _ in range(depth))

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        for unit in self.units:
            x = unit(x, time)
        return x


class _MicroUNet(nn.Module):
    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        wide, deep = OUTER[:2]
        self.time = nn.Sequential(nn.Linear(1, TIME), nn.SiLU(), nn.Linear(TIME, TIME), nn.SiLU())
        self.stem = nn.Conv2d(1, wide, 3, padding=1)
        self.shrink, self.grow = nn.Conv2d(wide, deep, 3, 2, 1), nn.Conv2d(deep, wide, 3, padding=1)
        self.down1, self.down2, self.middle, self.up2, self.up1 = (
            _Block(outer, round(float(architecture[f"{name}.width"]) * outer), int(architecture[f"{name}.depth"]))
            for name, outer in zip(BLOCKS, OUTER, strict=True)
        )
        self.act = nn.SiLU()
        self.head = nn.Conv2d(wide, 1, 3, padding=1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        time = self.time(time).view(x.size(0), TIME, 1, 1)
        fine = self.down1(self.stem(x), time)
        coarse = self.down2(self.shrink(fine), time)
        x = self.up2(self.middle(coarse, time) + coarse, time)
        x = self.grow(F.interpolate(x, size=(SIDE, SIDE), mode="bilinear", align_corners=False))
        out: Tensor = self.head(self.act(self.up1(x + fine, time)))
        return out


def _costs(genomes: IntArray) -> dict[str, FloatArray]:
    """Multiply-adds of one example and parameters, ``(n,)`` each."""
    wide, deep = OUTER[:2]
    ends = 9 * (wide * SIDE**2 + deep * wide * SIDE**2 + wide * deep * (SIDE // 2) ** 2 + wide * SIDE**2)
    macs = np.full(len(genomes), float(ends + TIME + TIME**2))
    params = np.full(
        len(genomes), float(9 * 2 * (wide + deep * wide) + 2 * wide + deep + 1 + 2 * TIME + TIME + TIME**2)
    )
    for block, (outer, side) in enumerate(zip(OUTER, SIDES, strict=True)):
        depth, inner = np.array(DEPTHS)[genomes[:, 2 * block]], np.array(SHARES)[genomes[:, 2 * block + 1]] * outer
        macs += depth * inner * (18 * outer * side**2 + TIME)
        params += depth * (inner * (18 * outer + TIME + 2) + outer)
    return {"macs": macs, "params": params}


def micro_unet() -> SearchSpace:
    """The space."""
    choices = []
    for name in BLOCKS:
        choices += [Choice(f"{name}.depth", DEPTHS), Choice(f"{name}.width", SHARES)]
    inputs = [InputSpec("images", (1, SIDE, SIDE)), InputSpec("time", (1,))]
    return SearchSpace(choices, name="micro_unet", build=_MicroUNet, inputs=inputs, costs=_costs)
