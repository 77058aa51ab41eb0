"""Which axes of a network's tensors are one: groups of entries that can only be kept or left out together."""

import math
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field

from torch import nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from hwnas.contracts.axes import AxisTree, named, size_of
from hwnas.elasticity._reading import Reading
from hwnas.sharing._axes import Axis, core

Trees = Mapping[str, tuple[AxisTree, ...]]
"""What every axis of every tensor is made of, with groups as leaves."""

Works = list[tuple[str, str, tuple[AxisTree, ...], int]]
"""What is done for one example: a module, a figure, axes that follow groups, and how much there is for each entry of
their product."""

_LEAST_KERNEL = 3


@dataclass
class Group:
    """Entries that belong together, such as the channels between two convolutions.

    Args:
        name: of its choice: the module that makes them, and ``width``, ``heads`` or ``groups``.
        size: how many there are.
        tensors: that have them, by name, and how many of their values one entry is, in all.
        inside: groups whose entries these are divided into, or that are a factor before them.
        fixed: why it cannot be offered; None: nothing is known against it.
        statistic: what figure over all entries is taken, if one is.
    """

    name: str
    size: int
    tensors: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    fixed: str | None = None
    statistic: str | None = None

    @property
    def kind(self) -> str:
        """What its entries are."""
        return self.name.rpartition(".")[2].rstrip("0123456789")

    @property
    def least(self) -> int:
        """How many a sub-network has at least."""
        return _LEAST_KERNEL if self.kind == "kernel" else max(1, self.size // 4)


def groups_of(reading: Reading, network: nn.Module) -> tuple[dict[str, Group], Trees, Works]:
    """All groups that parameters have, by name; the trees of all tensors; what is done."""
    trained = dict(network.named_parameters())
    groups: dict[int, Group] = {}
    names: set[str] = set()
    tied = [
        (tensor, leaf, before, within)
        for tensor, axes in reading.axes.items()
        for axis in axes
        for leaf, before, within in _leaves(axis)
        if tensor in trained and leaf.size > 1 and not leaf.centred
    ]
    for fixed in (False, True):  # the plain names are for those that may be offered
        for tensor, leaf, before, within in tied:
            if bool(leaf.unclear or leaf.looked_up) == fixed:
                if id(leaf) not in groups:
                    kind = _kind(network, tensor, behind=within)
                    name = unused(f"{_module(tensor)}.{kind}".lstrip("."), names)
                    groups[id(leaf)] = Group(
                        name, leaf.size, fixed=leaf.looked_up or leaf.unclear, statistic=leaf.statistic
                    )
                groups[id(leaf)].tensors.append(tensor)
                groups[id(leaf)].inside += [groups[id(b)].name for b in before if id(b) in groups]
    leaves: dict[int, AxisTree] = {axis: group.name for axis, group in groups.items()}
    found_groups = {group.name: group for group in groups.values()}
    for tensor, kernel in _kernels(network).items():
        name = unused(f"{_module(tensor)}.kernel".lstrip("."), names)
        found_groups[name] = Group(name, kernel, [tensor])
        leaves |= {id(axis.root()): ("centre", (name,)) for axis in reading.axes[tensor][2:]}
    trees = {tensor: tuple(_tree(axis, leaves) for axis in axes) for tensor, axes in reading.axes.items()}
    return found_groups, trees, _works(reading, leaves)


def _kernels(network: nn.Module) -> dict[str, int]:
    """Weights of convolutions with a centre that is a smaller kernel, and its size."""
    sizes = {}
    names = {id(p): name for name, p in network.named_parameters()}
    for module in network.modules():
        if isinstance(module, _ConvNd) and not isinstance(module, _ConvTransposeNd) and id(module.weight) in names:
            (size, *others), padding = module.kernel_size, module.padding
            padded = padding == "same" or all(p == size // 2 for p in padding)
            plain = set(module.dilation) == {1} and module.padding_mode == "zeros"
            if size >= _LEAST_KERNEL + 2 and size % 2 and set(others) <= {size} and padded and plain:
                sizes[names[id(module.weight)]] = size
    return sizes


def _works(reading: Reading, leaves: Mapping[int, AxisTree]) -> Works:
    """Of one example."""
    works: Counter[tuple[str, str, tuple[AxisTree, ...]]] = Counter()
    for module, figure, axes, times in reading.work:
        trees = [_tree(axis, leaves, without=core(reading.batch)) for axis in axes]
        fixed = math.prod(tree for tree in trees if isinstance(tree, int))
        works[module, figure, tuple(tree for tree in trees if not isinstance(tree, int))] += fixed * times
    return [(*what, count) for what, count in works.items()]


def _leaves(
    axis: Axis, before: tuple[Axis, ...] = (), *, within: bool = False
) -> Iterator[tuple[Axis, tuple[Axis, ...], bool]]:
    """Every unit of an axis, the units that are factors before it, and whether a factor stands behind it."""
    axis = axis.root()
    if axis.kind is None:
        yield axis, before, within
    elif axis.kind == "row":
        for part in axis.parts:
            yield from _leaves(part, before, within=within)
    else:
        large = [part.root() for part in axis.parts if part.size > 1]
        for i, part in enumerate(large):
            yield from _leaves(part, before, within=within or i < len(large) - 1)
            before = (*before, *(leaf for leaf, _, _ in _leaves(part)))


def _tree(axis: Axis, leaves: Mapping[int, AxisTree], without: Axis | None = None) -> AxisTree:
    """What an axis is made of; `without` counts as 1."""
    axis = axis.root()
    if without is not None and core(axis) is without:
        return 1
    if axis.kind is None:
        return leaves.get(id(axis), axis.size)
    return (axis.kind, tuple(_tree(part, leaves, without) for part in axis.parts))


def pruned(tree: AxisTree, offered: Container[str], sizes: Mapping[str, int]) -> AxisTree:
    """A tree whose groups that are not offered are fixed sizes."""
    if isinstance(tree, str):
        return tree if tree in offered else sizes[tree]
    if isinstance(tree, int):
        return tree
    kind, parts = tree
    each = tuple(pruned(part, offered, sizes) for part in parts)
    if any(True for part in each for _ in named(part)):
        return (kind, each)
    numbers = [part for part in each if isinstance(part, int)]
    total = 1
    for number in numbers:
        total *= number
    return total if kind == "grid" else size_of((kind, tuple(numbers)), {})


def _module(tensor: str) -> str:
    return tensor.rpartition(".")[0]


def _kind(network: nn.Module, tensor: str, *, behind: bool) -> str:
    if not behind:
        return "width"
    return "groups" if isinstance(network.get_submodule(_module(tensor)), _ConvNd) else "heads"


def unused(name: str, names: set[str]) -> str:
    """A name that is none of `names`, which has it from then on: this one, or this with a number."""
    free, number = name, 1
    while free in names:
        number += 1
        free = f"{name}{number}"
    names.add(free)
    return free
