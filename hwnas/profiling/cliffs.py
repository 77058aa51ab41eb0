"""Widths that a device likes: learnt from timing one layer at many widths, where latency goes up in steps.

Vector units work on so many channels at once, and the last, partly filled group costs as much as a full one. So
latency over width is a staircase, ``offset + slope * ceil(width / m) * m``; its step `m` is the multiple to keep to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MULTIPLES = (1, 2, 4, 8, 16, 32)
CLEARLY = 0.8  # steps must leave at most this share of the straight line's squared error


@dataclass(frozen=True)
class Cliffs:
    """Latencies over widths, and what was learnt.

    Args:
        widths: channels of the layer, rising.
        latencies_ms: one per width.
        multiple: widths should be multiples of it; 1 when any will do.
        offset_ms: of the staircase.
        slope_ms: per channel.
    """

    widths: tuple[int, ...]
    latencies_ms: tuple[float, ...]
    multiple: int
    offset_ms: float
    slope_ms: float

    def padded(self, width: int) -> int:
        """The next good width: as far as the device's time goes, `width` is that wide."""
        return -(-width // self.multiple) * self.multiple

    def guess_ms(self, width: int) -> float:
        """The staircase at a width."""
        return self.offset_ms + self.slope_ms * self.padded(width)


def find_cliffs(widths: Sequence[int], latencies_ms: Sequence[float]) -> Cliffs:
    """The staircase that fits best, by squared errors; a straight line unless steps are clearly better."""
    by_multiple = {m: _staircase(np.array(widths), np.array(latencies_ms), m) for m in MULTIPLES}
    best = min(by_multiple, key=lambda m: by_multiple[m][2])
    multiple = best if by_multiple[best][2] <= CLEARLY * by_multiple[1][2] else 1
    offset, slope, _ = by_multiple[multiple]
    return Cliffs(tuple(widths), tuple(latencies_ms), multiple, offset, slope)


def _staircase(widths: np.ndarray, latencies: np.ndarray, multiple: int) -> tuple[float, float, float]:
    """Offset, slope and squared error."""
    steps = np.ceil(widths / multiple) * multiple
    columns = np.stack([np.ones(len(steps)), steps], axis=1)
    (offset, slope), *_ = np.linalg.lstsq(columns, latencies, rcond=None)
    return float(offset), float(slope), float(((latencies - columns @ [offset, slope]) ** 2).sum())
