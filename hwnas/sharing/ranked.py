"""A smaller tensor is made of the most important entries of the larger one, in their old order.

What makes a trained network shrink well: not its first channels, but its best. Every choice of a space that says what
its tensors' axes are made of (`SearchSpace.axes`) has an order of importance, and k entries are the k best, ascending;
so all entries are the very tensor, and the largest sub-network is the network that was given, bit for bit. As in
Once-for-All's channel sorting (Cai et al., 2020), but nothing is moved: sorted weights answer 1e-7 differently.

Of an axis that follows no choice, and where no order is known, it is the first part, as in scheme ``prefix``.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.axes import AxisTree, named, places_of
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import SharingScheme, Slot
from hwnas.sharing._cutting import cut
from hwnas.sharing._stored import digest


class RankedSharing(SharingScheme):
    """The most important entries of every axis, ascending; the centre of kernels."""

    name = "ranked"
    takes = "best"
    keeps_memory_layout = True

    def __init__(self, space: SearchSpace) -> None:
        super().__init__(space)
        most = {c.name: c.options[-1] for c in space.choices}
        self.most = {name: int(most[space.tied.get(name, name)]) for name in _followed(space)}
        self.orders: dict[str, Sequence[int]] = {}
        self._given = ""
        self._places: dict[tuple[AxisTree, tuple[int, ...]], Tensor] = {}

    def rank(self, orders: Mapping[str, Sequence[int]]) -> None:
        """Take up orders of importance, best entry first, by choice, or by what is tied to one.

        Raises:
            InputError: a choice is unknown, or its order is not one of all its entries.
        """
        for name, order in orders.items():
            if name not in self.most or sorted(order) != list(range(self.most[name])):
                size = self.most.get(name)
                wanted = f"all of 0 ... {size - 1} once" if size else f"one of {sorted(self.most)[:5]}"
                raise InputError(f"An order of choice {quoted(name)} needs {wanted}, got {quoted(list(order))}.")
        self.orders = {**self.orders, **{name: tuple(map(int, order)) for name, order in orders.items()}}
        self._places.clear()

    def give(self, buffers: Mapping[str, Tensor]) -> None:
        """Take up what the buffers of the network that was given are."""
        self._given = digest(buffers, {})

    def fits(self, buffers: Mapping[str, Tensor], architecture: Architecture) -> bool:
        """See `SharingScheme.fits`: those of the largest sub-network, while they are as they were given."""
        return architecture == self.space.largest and digest(buffers, {}) == self._given

    def bind(
        self,
        shared: Mapping[str, Tensor],
        slots: Mapping[str, Slot],
        architecture: Architecture,
        member: int | None = None,  # noqa: ARG002  there is one
    ) -> dict[str, Tensor]:
        """The shared tensors themselves where a slot is as large, and copies of their best entries elsewhere.

        Raises:
            InputError: the network has a tensor that is not shared, or is larger than the shared one.
        """
        bound: dict[str, Tensor] = {}
        for name, slot in slots.items():
            tensor, trees = shared.get(name), self.space.axes.get(name)
            if tensor is not None and trees is not None and tensor.ndim == len(trees):
                for dim, tree in enumerate(trees):
                    if tree is not None and tensor.shape[dim] > slot.shape[dim]:
                        tensor = tensor.index_select(dim, self._kept(tree, architecture).to(tensor.device))
            bound[name] = cut(name, tensor, slot)
        return bound

    def _kept(self, tree: AxisTree, architecture: Architecture) -> Tensor:
        """The places of an axis that stay."""
        names = tuple(dict.fromkeys(named(tree)))
        tied = self.space.tied
        counts = tuple(int(architecture.get(tied.get(name, name), self.most[name])) for name in names)
        if (tree, counts) not in self._places:
            chosen = {
                n: sorted(self.orders.get(n, range(self.most[n]))[:k]) for n, k in zip(names, counts, strict=True)
            }
            self._places[tree, counts] = torch.tensor(places_of(tree, self.most, chosen))
        return self._places[tree, counts]

    def state(self) -> Mapping[str, object]:
        """The orders, and the digest of the buffers that were given."""
        orders = {name: list(order) for name, order in self.orders.items()}
        entries: dict[str, object] = {"orders": orders, "given": self._given}
        return {name: value for name, value in entries.items() if value}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up what `state` gave.

        Raises:
            InputError: it is not of this scheme.
        """
        orders, given = state.get("orders", {}), state.get("given", "")
        if set(state) - {"orders", "given"} or not isinstance(orders, Mapping) or not isinstance(given, str):
            raise InputError(f"Sharing scheme 'ranked' cannot take up {quoted(dict(state))}; use its own checkpoint.")
        self.rank(orders)
        self._given = given


def ranked(space: SearchSpace) -> RankedSharing:
    """The scheme, as it is found by name."""
    return RankedSharing(space)


def _followed(space: SearchSpace) -> set[str]:
    return {name for trees in space.axes.values() for tree in trees for name in named(tree)}
