"""Sub-networks whose layers are all narrowed alike, as pruners make them by one ratio.

A search before any training chooses by what sub-networks are worth before it. The more they are trained afterwards, the
less that says, and narrowing every layer alike is hard to beat: EfficientNet-Lite0, so narrowed by a pruner and healed
for three epochs on 6,000 images, kept 91.0 % of 91.1 % at twice the speed (`benchmarks/shrink_peers.py`). So one of
them is healed, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.axes import AxisTree
from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces._bits import FLOAT32, INT8, has_bits, in_bits

_STEPS = 64  # shares of all widths that are tried
_NEAR = (0.75, 1.1)  # shares of a limit, as predictions err
_MOST = 5  # that are timed


def wholes(space: SearchSpace) -> list[Architecture]:
    """The largest architecture; of a space with bits, with all layers in INT8 and in float32."""
    return [in_bits(space, space.largest, bits) for bits in (INT8, FLOAT32)] if has_bits(space) else [space.largest]


def evenly_narrowed(space: SearchSpace, start: Architecture) -> list[Architecture]:
    """Every width, and number of heads, at about the same share of its largest option, by falling share; `start`, which
    the rest is taken from, is the first. It is the only one where the space does not tell what its widths are.
    """
    entries = {name for trees in space.axes.values() for tree in trees for name in _widths(tree)}
    named = {space.tied.get(name, name) for name in entries}
    widths = {choice.name: tuple(map(int, choice.options)) for choice in space.choices if choice.name in named}

    def at(share: float) -> Architecture:
        return space.architecture({**start, **{name: _nearest(sizes, share) for name, sizes in widths.items()}})

    return list(dict.fromkeys([start, *(at(share) for share in np.linspace(1, 0, _STEPS))]))


def _nearest(sizes: Sequence[int], share: float) -> int:
    """The one nearest to that share of the largest, the larger one of two."""
    return min(sizes, key=lambda size: (abs(size - share * max(sizes)), -size))


def near(architectures: list[Architecture], latency_ms: FloatArray, limit_ms: float) -> list[Architecture]:
    """A few of them that are predicted near a limit, in their order."""
    low, high = (share * limit_ms for share in _NEAR)
    inside = [a for a, ms in zip(architectures, latency_ms, strict=True) if low <= ms <= high]
    return [inside[i] for i in sorted({*np.linspace(0, len(inside) - 1, min(_MOST, len(inside))).round().astype(int)})]


def _widths(tree: AxisTree | None) -> Iterator[str]:
    """What an axis is made of, but for kernels, of which the centre stays."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, tuple) and tree[0] != "centre":
        for part in tree[1]:
            yield from _widths(part)
