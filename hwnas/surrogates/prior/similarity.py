"""Architectures that are alike are expected to have figures alike: parts of a Gaussian process's prior.

Squared-exponential kernels, three lengths each, of the genes and of all that the space says of itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hwnas.contracts.arrays import BoolArray, FloatArray
from hwnas.surrogates.prior.effects import scales

_LENGTHS = (0.5, 1.0, 2.0)  # in median distances


class Nearness:
    """Kernels of the distance to what was measured ``(n, f)``, in the genes and in the rest of the inputs."""

    def __init__(self, rows: FloatArray, genes: int) -> None:
        self.centre, self.scale = rows.mean(axis=0), scales(rows)
        self.views = [view for view in (slice(0, genes), slice(genes, None)) if rows[:, view].shape[1]]
        self.known = (rows - self.centre) * self.scale
        apart = [_squares(self.known[:, view], self.known[:, view]) for view in self.views]
        self.median = [float(np.median(a[np.triu_indices(len(a), 1)])) or 1.0 for a in apart]

    def __len__(self) -> int:
        return len(self.views) * len(_LENGTHS)

    def each(self, rows: FloatArray, wanted: BoolArray) -> Iterator[FloatArray]:
        """Of inputs ``(c, f)``, one kernel ``(c, n)`` after the other, 1 where nothing is between two; zeros
        ``(1, 1)`` for those not wanted ``(k,)``.
        """
        scaled = (rows - self.centre) * self.scale
        nothing = np.zeros((1, 1))
        for view, median, some in zip(self.views, self.median, np.split(wanted, len(self.views)), strict=True):
            apart = _squares(scaled[:, view], self.known[:, view]) / median if some.any() else nothing
            for length, one in zip(_LENGTHS, some, strict=True):
                yield np.exp(-0.5 / length**2 * apart) if one else nothing


def _squares(one: FloatArray, other: FloatArray) -> FloatArray:
    """Squared distances ``(a, b)``."""
    lengths = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None]
    return np.asarray(np.maximum(lengths - 2 * one @ other.T, 0.0))
