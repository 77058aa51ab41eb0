"""The range of values that 256 integers stand for, from all values seen or from a histogram of them.

By default from the least to the largest. Rare values far out stretch that, and leave few integers to all others: so the
outermost 0.01 % at either end may be left out, or the range ends where the histogram of what is kept, and of the same
in 128 steps, are closest in information (Migacz, "8-bit inference with TensorRT", GTC 2017).
"""

import numpy as np

from hwnas.contracts.arrays import FloatArray

Range = tuple[float, float]
"""Least and largest; 0 is always between them."""
LEVELS = 255
MOST_INT8 = 64
"""Of weights, on either side of 0. Processors without instructions for four products of bytes (AVX2, and AVX-512
without VNNI) add two at a time and cut the sum at 16 bits, and 2 x 64 x `LEVELS` is within. With weights up to 127 a
file is as fast, and answers otherwise there.
"""
BINS = 2048
_LEFT_OUT = 1e-4  # of all values, at either end
_STEPS = 128
_BOUNDS = 64  # that are tried


def grid(found: Range) -> tuple[float, int]:
    """Step and zero point of the integers from 0 to `LEVELS` that stand for a range."""
    scale = (found[1] - found[0]) / LEVELS
    if scale < np.finfo(np.float32).tiny:
        return 1.0, 0  # it is 0 on every example
    return scale, int(np.clip(round(-found[0] / scale), 0, LEVELS))


def widened(extremes: Range, values: np.ndarray) -> Range:
    """To hold these values, too; one that is no number makes it none."""
    low, high = values.min(initial=0.0), values.max(initial=0.0)
    return float(np.minimum(extremes[0], low)), float(np.maximum(extremes[1], high))


def histogram(values: np.ndarray, extremes: Range) -> FloatArray:
    """How many values ``(...)`` fall in each of `BINS` parts of a range, ``(BINS,)``."""
    return np.histogram(values, BINS, extremes if extremes[1] > extremes[0] else (0.0, 1.0))[0].astype(np.float64)


def without_outermost(counts: FloatArray, extremes: Range) -> Range:
    """The range without the outermost values at either end."""
    share = np.concatenate([[0.0], np.cumsum(counts)]) / max(counts.sum(), 1.0)
    first = max(int(np.searchsorted(share, _LEFT_OUT, side="right")) - 1, 0)
    last = min(int(np.searchsorted(share, 1 - _LEFT_OUT)), BINS)
    edges = _edges(extremes)
    return min(float(edges[first]), 0.0), max(float(edges[last]), 0.0)


def most_told(counts: FloatArray, extremes: Range) -> Range:
    """The range cut at the distance from 0 where the least information is lost."""
    edges = _edges(extremes)
    reach = max(-extremes[0], extremes[1])
    distance = np.maximum(np.abs(edges[:-1]), np.abs(edges[1:]))
    bounds = np.linspace(_STEPS / BINS, 1.0, _BOUNDS) * reach
    losses = [_loss(counts, distance <= bound * (1 + 1e-9)) for bound in bounds]
    bound = float(bounds[int(np.argmin(losses))]) if np.isfinite(losses).any() else reach
    return max(extremes[0], -bound), min(extremes[1], bound)


def _edges(extremes: Range) -> FloatArray:
    return np.linspace(extremes[0], extremes[1], BINS + 1)


def _loss(counts: FloatArray, inside: np.ndarray) -> float:
    """Divergence of what is kept, with all else at its ends, from what some steps of it would tell."""
    bins = np.flatnonzero(inside)
    kept = counts[bins]
    if kept.size < _STEPS or kept.sum() == 0:
        return float("inf")
    clipped = kept.copy()
    clipped[0] += counts[: bins[0]].sum()
    clipped[-1] += counts[bins[-1] + 1 :].sum()
    told = np.zeros_like(clipped)
    for part in np.array_split(np.arange(len(kept)), _STEPS):
        filled = part[clipped[part] > 0]
        if filled.size:
            told[filled] = max(kept[part].sum(), 1e-9) / filled.size
    p, q = clipped / clipped.sum(), told / told.sum()
    some = p > 0
    return float((p[some] * np.log(p[some] / q[some])).sum())
