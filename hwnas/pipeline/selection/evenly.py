"""Sub-networks whose layers are all narrowed alike, as pruners make them by one ratio.

A search before any training chooses by what sub-networks are worth before it. The more they are trained afterwards, the
less that says, and narrowing every layer alike can come near the best: EfficientNet-Lite0, so narrowed by a pruner and
healed for three epochs on 6,000 images, kept 90.2 % of 91.1 % at 2.21 times the speed (`benchmarks/shrink_peers.py`).
So one of them is healed, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.axes import AxisTree
from hwnas.contracts.predictor import Prediction
from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces._bits import FLOAT32, INT8, has_bits, in_bits

_STEPS = 64  # shares of all widths that are tried
_NEAR = (0.75, 1.1)  # shares of a limit, as predictions err
_MOST = 5  # that are timed at once
_ROUNDS = 3  # of timing, which tell some 60 apart


def narrowed_alike(
    space: SearchSpace,
    predicted: Callable[[IntArray], Prediction],
    limit_ms: float,
    keeping: Callable[[list[Architecture]], Collection[Architecture]],
) -> Architecture | None:
    """The largest of them that keeps a limit on the latency, if one does; of a space with bits rather one in INT8.

    Args:
        space: of the architectures; its largest is none of them.
        predicted: latencies of genomes.
        limit_ms: what to compare these with.
        keeping: times some and gives back those that keep the limit.
    """
    for start in wholes(space):
        narrowed = [a for a in evenly_narrowed(space, start) if a != space.largest]
        latency_ms = predicted(space.encode_many(narrowed)).mean if narrowed else np.zeros(0)
        found = largest_within(narrowed, latency_ms, limit_ms, keeping)
        if found is not None:
            return found
    return None


def wholes(space: SearchSpace) -> list[Architecture]:
    """The largest architecture; of a space with bits, with all layers in INT8 and in float32."""
    return [in_bits(space, space.largest, bits) for bits in (INT8, FLOAT32)] if has_bits(space) else [space.largest]


def evenly_narrowed(space: SearchSpace, start: Architecture) -> list[Architecture]:
    """Every width, and number of heads, at about the same share of its largest option, by falling share; `start`, which
    the rest is taken from, is the first. It is the only one where the space does not tell what its widths are.
    """
    widths = widths_of(space)

    def at(share: float) -> Architecture:
        return space.architecture({**start, **{name: _nearest(sizes, share) for name, sizes in widths.items()}})

    return list(dict.fromkeys([start, *(at(share) for share in np.linspace(1, 0, _STEPS))]))


def widths_of(space: SearchSpace) -> dict[str, list[int]]:
    """The options of every width, and number of heads, by rising size; none where the space does not tell them."""
    entries = {name for trees in space.axes.values() for tree in trees for name in _widths(tree)}
    named = {space.tied.get(name, name) for name in entries}
    return {choice.name: sorted(map(int, choice.options)) for choice in space.choices if choice.name in named}


def _nearest(sizes: Sequence[int], share: float) -> int:
    """The one nearest to that share of the largest, the larger one of two."""
    return min(sizes, key=lambda size: (abs(size - share * max(sizes)), -size))


def largest_within(
    narrowed: Sequence[Architecture],
    latency_ms: FloatArray,
    limit_ms: float,
    keeping: Callable[[list[Architecture]], Collection[Architecture]],
    rounds: int = _ROUNDS,
) -> Architecture | None:
    """The largest that keeps a limit, or None: a few are timed at once, then a few between the two that surround it.

    Args:
        narrowed: by falling size, ``(n,)``.
        latency_ms: predicted, ``(n,)``, which says where to begin.
        limit_ms: what to compare that with.
        keeping: times some and gives back those that keep the limit.
        rounds: of timing, at most.
    """
    low_ms, high_ms = (share * limit_ms for share in _NEAR)
    near = np.flatnonzero((low_ms <= latency_ms) & (latency_ms <= high_ms))
    open_ones = near if len(near) else np.arange(len(narrowed))
    best, above = len(narrowed), -1  # the largest known to keep it, and the smallest above that known not to
    for _ in range(rounds):
        if not len(open_ones):
            break
        places = np.linspace(0, len(open_ones) - 1, min(_MOST, len(open_ones))).round().astype(int)
        asked = open_ones[places].tolist()
        kept = keeping([narrowed[i] for i in asked])
        best = min((i for i in asked if narrowed[i] in kept), default=best)
        above = max((i for i in asked if i < best), default=above)
        open_ones = np.arange(above + 1, best)
    return narrowed[best] if best < len(narrowed) else None


def _widths(tree: AxisTree | None) -> Iterator[str]:
    """What an axis is made of, but for kernels, of which the centre stays."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, tuple) and tree[0] != "centre":
        for part in tree[1]:
            yield from _widths(part)
