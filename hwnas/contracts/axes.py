"""What the sizes of a tensor are made of: choices, fixed numbers, and these one after another or multiplied.

The axis of a weight behind a concatenation is a row of what was concatenated; that of an attention's projection is a
grid of heads times head size. A choice named in such a tree says by its option how many entries of it are kept.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, cast, get_args

from hwnas.contracts.errors import InputError, quoted

Kind = Literal["row", "grid", "centre", "half"]
AxisTree = int | str | tuple[Kind, tuple["AxisTree", ...]]
"""A fixed size; a choice of how many entries are kept; parts in a row; factors of a grid, the last one fastest; the
``centre`` of one part, as of a kernel; or ``half`` of one, rounded down, as a padding is."""

Sizes = tuple[AxisTree, ...]
"""Of several axes."""


def is_several(sizes: object) -> bool:
    """Whether these are axes, and not one of them."""
    return isinstance(sizes, list | tuple) and not (len(sizes) == 2 and sizes[0] in get_args(Kind))


def each_of(sizes: AxisTree | Sizes) -> Sizes:
    """All of several axes, or the one."""
    return cast("Sizes", sizes) if is_several(sizes) else (cast("AxisTree", sizes),)


def tree_of(read: object) -> AxisTree:
    """A tree as JSON holds it.

    Raises:
        InputError: it is none.
    """
    if isinstance(read, str) or (isinstance(read, int) and not isinstance(read, bool)):
        return read
    if isinstance(read, list | tuple) and len(read) == 2 and read[0] in get_args(Kind):
        kind, parts = read
        if isinstance(parts, list | tuple) and parts:
            return (kind, tuple(map(tree_of, parts)))
    raise InputError(
        f"An axis is a size, a choice, or parts in a row or a grid, got {quoted(read)}; mend the structure."
    )


def named(tree: AxisTree | None) -> Iterator[str]:
    """The choices of a tree, each as often as it stands there."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, tuple):
        for part in tree[1]:
            yield from named(part)


def size_of(tree: AxisTree, sizes: Mapping[str, int]) -> int:
    """How long an axis is, given how many entries of every choice there are."""
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return sizes[tree]
    kind, parts = tree
    each = [size_of(part, sizes) for part in parts]
    return math.prod(each) if kind == "grid" else sum(each) // (2 if kind == "half" else 1)


def places_of(tree: AxisTree, sizes: Mapping[str, int], chosen: Mapping[str, Sequence[int]]) -> list[int]:
    """Which entries of the whole axis a smaller one has, ascending where `chosen` is.

    Args:
        tree: of the axis.
        sizes: how many entries every choice has at most.
        kept: which of them stay; a choice that is not named keeps all. Of a ``centre``, as many as are named stay.
    """
    if isinstance(tree, int):
        return list(range(tree))
    if isinstance(tree, str):
        return list(chosen.get(tree, range(sizes[tree])))
    kind, parts = tree
    if kind == "centre":
        whole, part = size_of(parts[0], sizes), len(places_of(parts[0], sizes, chosen))
        return list(range((whole - part) // 2, (whole - part) // 2 + part))
    each = [places_of(part, sizes, chosen) for part in parts]
    wholes = [size_of(part, sizes) for part in parts]
    if kind == "row":
        starts = itertools.accumulate(wholes, initial=0)
        return [start + place for start, own in zip(starts, each, strict=False) for place in own]
    places = [0]
    for whole, own in zip(wholes, each, strict=True):
        places = [before * whole + place for before in places for place in own]
    return places
