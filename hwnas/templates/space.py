"""What networks there are to choose from: replace the choices, and the network that is made of them.

hwnas spaces space.py:space
"""

from collections.abc import Mapping

from torch import nn

import hwnas


def build(architecture: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of one architecture: an ordinary module. The largest one's weights are shared by all others, so
    that a smaller tensor is the beginning of the larger one of the same name.
    """
    width, depth, kernel = (int(architecture[name]) for name in ("width", "depth", "kernel"))
    blocks = [
        nn.Sequential(nn.Conv2d(width, width, kernel, padding=kernel // 2), nn.BatchNorm2d(width), nn.ReLU())
        for _ in range(depth)
    ]
    return nn.Sequential(
        nn.Conv2d(3, width, 4, stride=4), nn.Sequential(*blocks), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(width, 4),
    )  # fmt: skip


def space() -> hwnas.SearchSpace:
    """Options of a choice are ordered, small to large; a choice may be there for some options of another only."""
    choices = [
        hwnas.Choice("width", (8, 12, 16)),
        hwnas.Choice("depth", (1, 2, 3)),
        hwnas.Choice("kernel", (3, 5)),
        # hwnas.Choice("kind", ("conv", "pool"), ordered=False),
        # hwnas.Choice("kernel2", (3, 5), active_if={"depth": (2, 3)}),
    ]
    return hwnas.SearchSpace(choices, name="space", build=build, inputs=[hwnas.InputSpec("images", (3, 32, 32))])
