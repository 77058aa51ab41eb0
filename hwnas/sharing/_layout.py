"""How every tensor of a space's networks is cut out of the shared one: found by building, and comparing.

The axes of each tensor are traced in the largest network and, where they fall into parts, in the smaller ones. Parts
of the same kind lie in one another: the first rows of each gate, the first columns of each of two concatenated
tensors, the first entries of each of the first heads. What cannot be told is a doubt, in words.
"""

import itertools
import math
import warnings
from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.sharing import Run, Slot
from hwnas.sharing._axes import Axis, tree
from hwnas.sharing._building import Builder, example, run
from hwnas.sharing._tracing import trace

Tree = Any  # a size, or (kind, trees); as JSON, lists
_CACHED = 512
_EXAMPLES = 2  # one would be a size of 1, as one head is
_MOST_VARIANTS = 32  # of which each is traced though none of the tensors in parts has another size in it


class MismatchError(Exception):
    """Two networks divide an axis in ways that do not lie in one another."""


class Layout:
    """How tensors of a space's networks are cut.

    Args:
        inputs: of the networks.
        constants: names of buffers that are not shared.
        parts: for tensors that fall into parts, how the shared one does, per dimension; None: it is one unit.
        spatial: trailing dimensions that have a centre, of tensors of which their module does not say it.
    """

    def __init__(
        self,
        inputs: tuple[InputSpec, ...],
        constants: Collection[str] = (),
        parts: Mapping[str, list[Tree]] | None = None,
        spatial: Mapping[str, int] | None = None,
    ) -> None:
        self.inputs = inputs
        self.constants = constants
        self.parts = {name: [_tree(t) for t in trees] for name, trees in (parts or {}).items()}
        self.spatial = dict(spatial or {})
        self.doubts: list[str] = []
        self._runs: OrderedDict[Architecture, dict[str, tuple[tuple[Run, ...], ...]]] = OrderedDict()

    def warn(self, space: str) -> None:
        """Say what cannot be told, if anything."""
        if self.doubts:
            more = f" (and {len(self.doubts) - 1} more)" if len(self.doubts) > 1 else ""
            warnings.warn(
                f"How smaller networks of space {space!r} are cut out of the largest cannot be told for sure: "
                f"{self.doubts[0]}{more}; they take the first part of every tensor that `explain()` does not show in "
                f"parts, which mixes things up where one holds several in a row, such as q, k and v.",
                stacklevel=4,
            )

    def plain_slots(self, network: nn.Module) -> dict[str, Slot]:
        """The slots of a network's tensors, as if each were one unit."""
        of_modules = {
            f"{prefix}.weight" if prefix else "weight": len(module.kernel_size)
            for prefix, module in network.named_modules()
            if isinstance(module, _ConvNd)
        }
        spatial = {**of_modules, **self.spatial}
        return {n: Slot(tuple(t.shape), spatial.get(n, 0)) for n, t in _tensors(network, self.constants).items()}

    def slots(self, network: nn.Module, architecture: Architecture) -> dict[str, Slot]:
        """The slots of a network's tensors, and where they lie in the shared ones."""
        slots = self.plain_slots(network)
        smaller = {
            name: trees
            for name, trees in self.parts.items()
            if name in slots
            and any(t is not None and total(t) != s for t, s in zip(trees, slots[name].shape, strict=True))
        }
        if smaller:
            runs = self._found(network, architecture, smaller)
            slots |= {name: Slot(slots[name].shape, slots[name].spatial, runs[name]) for name in runs}
        return slots

    def _found(
        self, network: nn.Module, architecture: Architecture, wholes: Mapping[str, list[Tree]]
    ) -> dict[str, tuple[tuple[Run, ...], ...]]:
        if architecture not in self._runs:
            axes = trace(network, _tensors(network, self.constants), example(self.inputs, _EXAMPLES, "meta"))
            self._runs[architecture] = {
                name: tuple(
                    () if whole is None else self._runs_of(name, whole, axis, architecture)
                    for whole, axis in zip(trees, axes[name], strict=True)
                )
                for name, trees in wholes.items()
            }
            if len(self._runs) > _CACHED:
                self._runs.popitem(last=False)
        self._runs.move_to_end(architecture)
        return self._runs[architecture]

    def _runs_of(self, name: str, whole: Tree, axis: Axis, architecture: Architecture) -> tuple[Run, ...]:
        try:
            return runs(whole, tree(axis))
        except MismatchError as error:
            doubt = f"{name!r} of {architecture.to_json()} is divided in ways that do not fit the largest: {error}"
            self.doubts.append(doubt)
            warnings.warn(f"Tensor {doubt}; it takes the first part.", stacklevel=5)
            return ()

    def learn(
        self, builder: Builder, networks: Mapping[Architecture, nn.Module], sources: Collection[Architecture]
    ) -> None:
        """Trace networks of the space: those in which tensors are first seen, and where need be the others.

        Args:
            builder: of the space.
            networks: of every variant.
            sources: the variants in which every tensor is seen at least once.

        Raises:
            InputError: a network does not run on the inputs of its space.
        """
        shapes: dict[str, set[tuple[int, ...]]] = {}
        for network in networks.values():
            for name, tensor in _tensors(network, self.constants).items():
                shapes.setdefault(name, set()).add(tuple(tensor.shape))
        elastic = {name for name, seen in shapes.items() if len(seen) > 1}
        traced: dict[Architecture, dict[str, list[Axis]]] = {}
        if not self.inputs:
            if elastic:
                self.doubts.append("the inputs of the space are not given, so no network of it can be followed")
            return
        for architecture in sources:
            if not self._trace(builder, networks[architecture], architecture, traced):
                return
        axes = {name: of for axes_of in reversed(traced.values()) for name, of in axes_of.items()}
        in_parts = {name for name, of in axes.items() if any(divided(tree(a)) for a in of)}
        self._learn_spatial(axes, networks)
        for architecture, network in networks.items():
            own = _tensors(network, self.constants)
            changed = any(tuple(own[n].shape) != tuple(a.size for a in axes[n]) for n in in_parts & own.keys())
            wanted = changed or (in_parts and len(networks) <= _MOST_VARIANTS)
            if architecture not in traced and wanted and not self._trace(builder, network, architecture, traced):
                return
        for name in sorted(elastic):
            self._doubt_unclear(name, axes[name], shapes[name])
        for name in in_parts:
            self._learn_parts(name, [axes_of[name] for axes_of in traced.values() if name in axes_of], shapes[name])

    def _trace(
        self,
        builder: Builder,
        network: nn.Module,
        architecture: Architecture,
        traced: dict[Architecture, dict[str, list[Axis]]],
    ) -> bool:
        try:
            axes = trace(network, _tensors(network, self.constants), example(self.inputs, _EXAMPLES, "meta"))
        except Exception as error:  # noqa: BLE001  whatever a forward pass does with tensors without values
            with torch.random.fork_rng(devices=[]), torch.no_grad():
                run(
                    builder.whole(architecture).eval(), example(self.inputs, _EXAMPLES)
                )  # says so where it fails with values too
            reason = " ".join(str(error).split())[:120]
            self.doubts.append(f"the network {architecture.to_json()} cannot be followed ({reason})")
            return False
        traced[architecture] = axes
        return True

    def _learn_spatial(self, axes: Mapping[str, list[Axis]], networks: Mapping[Architecture, nn.Module]) -> None:
        spatial = {n: s.spatial for network in networks.values() for n, s in self.plain_slots(network).items()}
        for name, of in axes.items():
            centred = len(list(itertools.takewhile(lambda a: a.root().centred, reversed(of))))
            if centred > spatial.get(name, 0):
                self.spatial[name] = centred

    def _doubt_unclear(self, name: str, axes: list[Axis], shapes: set[tuple[int, ...]]) -> None:
        for dim, axis in enumerate(axes):
            if len({shape[dim] for shape in shapes}) > 1 and axis.root().unclear:
                self.doubts.append(f"dimension {dim} of {name!r}: {axis.root().unclear}")

    def _learn_parts(self, name: str, traced: list[list[Axis]], shapes: set[tuple[int, ...]]) -> None:
        trees: list[Tree] = []
        for dim, axes in enumerate(zip(*traced, strict=True)):
            most = max(shape[dim] for shape in shapes)
            each = [tree(axis) for axis in axes]
            try:
                whole = each[0]
                for other in each[1:]:
                    whole = union(whole, other)
                if total(whole) != most:
                    raise MismatchError(f"{_told(each)} of the same size")
            except MismatchError as error:
                self.doubts.append(f"dimension {dim} of {name!r} is divided in ways that do not fit: {error}")
                whole = most
            trees.append(whole if divided(whole) else None)
        elastic = [len({shape[dim] for shape in shapes}) > 1 for dim in range(len(trees))]
        trees = [t if e else None for t, e in zip(trees, elastic, strict=True)]
        if any(t is not None for t in trees):
            self.parts[name] = trees


def _tree(read: Any) -> Tree:  # noqa: ANN401
    """A tree, of which JSON makes lists."""
    return (read[0], tuple(map(_tree, read[1]))) if isinstance(read, (list, tuple)) else read


def _tensors(network: nn.Module, constants: Collection[str]) -> dict[str, Tensor]:
    every = [*network.named_parameters(), *network.named_buffers()]
    return {name: tensor for name, tensor in every if name not in constants}


def _told(trees: list[Tree]) -> str:
    return " and ".join(dict.fromkeys(words(t) for t in trees))


def divided(tree_: Tree) -> bool:
    """Whether an axis has parts; a factor of 1 is none."""
    if isinstance(tree_, int):
        return False
    large = [part for part in tree_[1] if part != 1]
    return len(large) > 1 or any(map(divided, large))


def words(tree_: Tree) -> str:
    """How an axis falls into parts: ``8 + 8``, ``2 x 4``."""
    if isinstance(tree_, int):
        return str(tree_)
    kind, parts = tree_
    inner = [words(part) if isinstance(part, int) else f"({words(part)})" for part in parts if part != 1]
    return (" + " if kind == "row" else " x ").join(inner)


def total(tree_: Tree) -> int:
    """Size of an axis."""
    if isinstance(tree_, int):
        return tree_
    kind, parts = tree_
    return sum(map(total, parts)) if kind == "row" else math.prod(map(total, parts))


def union(a: Tree, b: Tree) -> Tree:
    """The axis that holds both.

    Raises:
        MismatchError: none does.
    """
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    if isinstance(a, int) or (not isinstance(b, int) and _count(b) > _count(a)):
        a, b = b, a
    parts = _aligned(a, b)
    return (a[0], tuple(part if other is None else union(part, other) for part, other in zip(a[1], parts, strict=True)))


def _count(tree_: Tree) -> int:
    return sum(part != 1 for part in tree_[1])


def _aligned(whole: Tree, part: Tree) -> list[Tree | None]:
    """The parts of `part` in the places of those of `whole`; None: it has none there."""
    kind, wholes = whole
    if isinstance(part, int) and kind == "row":
        raise MismatchError(f"{words(whole)} and {words(part)}")
    parts = [part] if isinstance(part, int) else list(part[1])
    if not isinstance(part, int) and part[0] != kind:
        raise MismatchError(f"{words(whole)} and {words(part)}")
    while kind == "grid" and len(parts) > len(wholes) and parts[0] == 1:
        del parts[0]
    if kind == "row" or len(parts) == len(wholes):
        aligned: list[Tree | None] = [*parts, *[None] * (len(wholes) - len(parts))]
    else:  # factors of 1 have been left out
        parts = [p for p in parts if p != 1]
        aligned = [parts.pop(0) if parts and total(parts[0]) <= total(w) else 1 for w in wholes]
    if len(aligned) != len(wholes) or (
        kind == "grid" and math.prod(map(total, cast("list[Tree]", aligned))) != total(part)
    ):
        raise MismatchError(f"{words(whole)} and {words(part)}")
    return aligned


def runs(whole: Tree, part: Tree) -> tuple[Run, ...]:
    """The first index and the length of every stretch of `whole` that `part` takes; empty: its first part.

    Raises:
        MismatchError: it is no part of it.
    """
    places = _places(whole, part)
    starts = [i for i, place in enumerate(places) if i == 0 or place != places[i - 1] + 1]
    pairs = tuple((places[i], j - i) for i, j in zip(starts, [*starts[1:], len(places)], strict=True))
    return () if pairs == ((0, len(places)),) else pairs


def _places(whole: Tree, part: Tree) -> list[int]:
    if isinstance(whole, int):
        if total(part) > whole or not isinstance(part, int):
            raise MismatchError(f"{whole} and {words(part)}")
        return list(range(part))
    kind, wholes = whole
    aligned = _aligned(whole, part)
    if kind == "row":
        starts = itertools.accumulate((total(w) for w in wholes), initial=0)
        return [
            start + place
            for start, w, p in zip(starts, wholes, aligned, strict=False)
            if p is not None
            for place in _places(w, p)
        ]
    places = [0]
    for w, p in zip(wholes, aligned, strict=True):
        places = [before * total(w) + place for before in places for place in _places(w, cast("Tree", p))]
    return places
