"""How an axis of a tensor falls into parts, learnt from what is done with it.

An axis is a unit that is used whole, parts one after another (the gates of an LSTM; q, k and v; the columns behind a
concatenation), or a grid of factors (heads x head size). Axes that meet in an operation are one axis: what is learnt
of one holds for all of them.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Literal, get_args

from hwnas.contracts.words import one_of

Kind = Literal["row", "grid"]
place: ContextVar[str] = ContextVar("place", default="")
"""Where in the user's code what is being followed stands, as the end of a sentence."""


class Axis:
    """An axis of a known size; `kind` and `parts` are None and empty while it is one unit."""

    def __init__(self, size: int, kind: Kind | None = None, parts: Sequence[Axis] = ()) -> None:
        self._same: Axis | None = None
        if kind is not None:
            one_of("the kind of an axis", kind, get_args(Kind))
        self.size = size
        self.kind = kind
        self.parts = list(parts)
        self.centred = False
        self.unclear: str | None = None
        self.statistic: str | None = None
        self.looked_up: str | None = None

    def root(self) -> Axis:
        """The axis that this one is."""
        axis = self
        while axis._same is not None:
            axis = axis._same
        if axis is not self:
            self._same = axis
        return axis

    def doubt(self, why: str) -> None:
        """Say that not all is known of it, and where that was seen."""
        self.root().unclear = self.root().unclear or f"{why}{place.get()}"

    def look_up(self) -> None:
        """Say that its entries are told apart by their numbers."""
        self.root().looked_up = self.root().looked_up or f"its entries are looked up by number{place.get()}"

    def reckon(self, why: str) -> None:
        """Say that a figure over all its entries is taken, which changes with how many they are."""
        self.root().statistic = self.root().statistic or f"{why}{place.get()}"


def fresh(sizes: Sequence[int]) -> list[Axis]:
    """New axes, of which nothing is known."""
    return [Axis(size) for size in sizes]


def unify(one: Axis, other: Axis) -> Axis:
    """Make two axes of one size the same; what contradicts is doubted."""
    a, b = one.root(), other.root()
    if a.size != b.size or core(a) is core(b):
        return a
    if a.kind is None:
        a, b = b, a
    if b.kind is not None:  # what only adds factors of 1 must not come to lie in itself
        a, b = core(a), core(b)
        if a.kind is None:
            a, b = b, a
    if b.kind is not None and _real(a) != _real(b):
        _refine(a, b)
        if a.root() is b.root():
            return a.root()
    pairs = list(zip(_large(a), _large(b), strict=False)) if a.kind == b.kind else []
    b._same = a
    a.centred |= b.centred
    a.unclear = a.unclear or b.unclear
    a.statistic = a.statistic or b.statistic
    a.looked_up = a.looked_up or b.looked_up
    for x, y in pairs:
        unify(x, y)
    return a.root()


def core(axis: Axis) -> Axis:
    """The axis without factors of 1 beside it."""
    axis = axis.root()
    while axis.kind == "grid" and len(large := _large(axis)) == 1:
        axis = large[0].root()
    return axis


def _large(axis: Axis) -> list[Axis]:
    return [part for part in axis.parts if part.size > 1 or axis.kind == "row"]


def _real(axis: Axis) -> list[int]:
    """Sizes of the parts, without factors of 1."""
    return [part.size for part in _large(axis)]


def _refine(a: Axis, b: Axis) -> None:
    """Divide both as finely as either is, so that their parts agree; or doubt."""
    if a.kind == "row" and b.kind == "row":
        ends = sorted({*_ends(a), *_ends(b)})
        sizes = [end - start for start, end in zip([0, *ends], ends, strict=False)]
        split(a, sizes)
        split(b, sizes)
    elif a.kind == "grid" and b.kind == "grid":
        fine, coarse = (a, b) if len(factors(a)) >= len(factors(b)) else (b, a)
        factor(coarse, [f.size for f in factors(fine)])
    else:
        row, grid = (a, b) if a.kind == "row" else (b, a)
        split(grid, [part.size for part in row.parts])
    if _flat(a) != _flat(b) if a.kind == b.kind else not _equal_blocks(a, b):
        a.doubt("it is used in different parts")


def _flat(axis: Axis) -> list[int]:
    leaves = _pieces(axis) if axis.kind == "row" else [f for f in factors(axis) if f.size > 1]
    return [leaf.size for leaf in leaves]


def _equal_blocks(a: Axis, b: Axis) -> bool:
    row, grid = (a, b) if a.kind == "row" else (b, a)
    return len({p.size for p in row.parts}) == 1 and grid.parts[0].root().size == len(row.parts)


def _ends(axis: Axis) -> list[int]:
    ends, total = [], 0
    for part in _pieces(axis):
        total += part.size
        ends.append(total)
    return ends


def _pieces(axis: Axis) -> list[Axis]:
    axis = axis.root()
    return [piece for part in axis.parts for piece in _pieces(part)] if axis.kind == "row" else [axis]


def factors(axis: Axis) -> list[Axis]:
    """The factors that an axis falls into, each of them into no more."""
    axis = axis.root()
    return [factor_ for part in axis.parts for factor_ in factors(part)] if axis.kind == "grid" else [axis]


def row(parts: Sequence[Axis]) -> Axis:
    """One axis behind another."""
    parts = [part for part in parts if part.size]
    return parts[0] if len(parts) == 1 else Axis(sum(part.size for part in parts), "row", parts)


def grid(parts: Sequence[Axis]) -> Axis:
    """The product of axes, the last one fastest."""
    if all(part.size == 1 for part in parts):
        return Axis(1)
    return parts[0] if len(parts) == 1 else Axis(math.prod(part.size for part in parts), "grid", parts)


def split(axis: Axis, sizes: Sequence[int]) -> list[Axis]:
    """The parts of an axis, one after another; those of size 0 too."""
    axis = axis.root()
    if sum(sizes) != axis.size:
        return fresh(sizes)
    if sum(size > 0 for size in sizes) == 1:
        return [axis if size else Axis(0) for size in sizes]
    wanted = [size for size in sizes if size]
    if axis.kind is None:
        axis.kind, axis.parts = "row", fresh(wanted)
    elif axis.kind == "grid" and set(wanted) == {axis.size // len(wanted)} and factors(axis)[0].size == len(wanted):
        alike = grid(factors(axis)[1:])
        return [alike if size else Axis(0) for size in sizes]
    elif axis.kind == "grid":
        axis.doubt("it is used in different parts")
        return fresh(sizes)
    pieces = _pieces(axis)
    parts: list[Axis] = []
    for size in sizes:
        taken: list[Axis] = []
        while sum(p.size for p in taken) < size:
            piece, left = pieces.pop(0), size - sum(p.size for p in taken)
            if piece.size > left:
                first, rest = split(piece, [left, piece.size - left])
                pieces.insert(0, rest)
                piece = first
            taken.append(piece)
        parts.append(row(taken) if taken else Axis(0))
    return parts


def factor(axis: Axis, sizes: Sequence[int]) -> list[Axis]:
    """The factors of an axis, the last one fastest; those of size 1 too."""
    axis = axis.root()
    if math.prod(sizes) != axis.size or axis.size <= 1:
        return fresh(sizes)
    if axis.kind is None and len(sizes) > 1:
        axis.kind, axis.parts = "grid", fresh(sizes)
        return list(axis.parts)
    if axis.size in sizes:
        return [core(axis) if size > 1 else Axis(1) for size in sizes]
    if axis.kind == "row":
        parts = [part.root() for part in axis.parts]
        if len(parts) != sizes[0] or len({part.size for part in parts}) > 1:
            axis.doubt("it is used in different parts")
            return fresh(sizes)
        for part in parts[1:]:
            unify(parts[0], part)
        return [Axis(sizes[0]), *factor(parts[0], sizes[1:])]
    return regroup(factors(axis), sizes, axis)


def regroup(axes: Sequence[Axis], sizes: Sequence[int], doubted: Axis | None = None) -> list[Axis]:
    """The axes of a view of other sizes: those between which both have a boundary are matched in groups.

    A size of 1 belongs to what stands behind it: one head of all sizes is still a head.
    """
    have, want = [axis.root() for axis in axes], list(sizes)
    regrouped: list[Axis] = []
    while any(size > 1 for size in want):
        asked: list[int] = []
        taken: list[Axis] = []
        while have and all(axis.size == 1 for axis in taken):
            taken.append(have.pop(0))
        while (product := math.prod(asked)) != (reached := math.prod(a.size for a in taken)):
            if product < reached and want:
                asked.append(want.pop(0))
            elif product > reached and have:
                taken.append(have.pop(0))
            else:
                return [*regrouped, *fresh([*asked, *want])]  # of no elements
        regrouped += _matched(taken, asked, doubted)
    return [*regrouped, *fresh(want)]


def _matched(axes: list[Axis], sizes: list[int], doubted: Axis | None) -> list[Axis]:
    """The axes of a view of one group, divided where either has a boundary."""
    if len(sizes) == 1:
        return [grid(axes)]
    if len(large := [axis for axis in axes if axis.size > 1]) == 1:
        return factor(large[0], sizes)
    ours, theirs = (list(itertools.accumulate(each, operator.mul)) for each in ([a.size for a in axes], sizes))
    bounds = sorted({1, *ours, *theirs})
    if any(b % a for a, b in itertools.pairwise(bounds)):
        for axis in (doubted, *axes):
            if axis is not None:
                axis.doubt("it is used in different parts")
        return fresh(sizes)
    fine: dict[int, Axis] = {}
    for axis, end in zip(axes, ours, strict=True):
        own = [b for b in bounds if end // axis.size <= b <= end]
        fine |= zip(own[1:], factor(axis, [b // a for a, b in itertools.pairwise(own)]), strict=True)
    return [
        grid([fine[b] for b in bounds if end // size < b <= end]) if size > 1 else Axis(1)
        for size, end in zip(sizes, theirs, strict=True)
    ]


def tree(axis: Axis) -> object:
    """How an axis falls into parts: its size, or ``(kind, parts)``."""
    axis = axis.root()
    if axis.kind == "row":
        return ("row", tuple(tree(piece) for piece in _pieces(axis)))
    if axis.kind == "grid":
        return ("grid", tuple(tree(f) for f in factors(axis)))
    return axis.size
