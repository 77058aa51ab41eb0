"""A network some of whose layers are to be computed in 8-bit integers: what a space lowers to, and an exporter reads.

It is a network itself, which computes in PyTorch what the integers would give; the file it is written to holds the
integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np

from hwnas.contracts.errors import quoted

if TYPE_CHECKING:
    from torch import nn

Ranges = Literal["minmax", "percentile", "entropy"]
"""How the range of an activation is found on calibration examples: the least and largest value; without the outermost
0.01 % of the values at either end; or with the largest ones cut off where the least information is lost.
"""

Recovery = Literal["none", "bias", "equalize", "qat"]
"""How to win back what integers cost: by other biases; by channels of like ranges between layers; or by short training
of the network as it is rounded, after which its file is made as with ``none``.
"""


@runtime_checkable
class Mixed(Protocol):
    """Args:

    float32: the network without any integers.
    int8_layers: names, in `float32`, of its layers that are computed in integers.
    calibration: examples that ranges are found on, one array per input, ``(n, ...)`` each; None: made-up ones, which do
        for timing alone.
    ranges: how they are found.
    recover: what is done about the accuracy.
    """

    float32: nn.Module
    int8_layers: tuple[str, ...]
    calibration: Sequence[np.ndarray] | None
    ranges: Ranges
    recover: Recovery


def no_scale(layer: str) -> str:
    """The sentence on a layer whose weights are no finite numbers."""
    return (
        f"Layer {quoted(layer)} has weights that are no finite numbers, so its integers have no scale; train it again, "
        "or keep it in float32."
    )
