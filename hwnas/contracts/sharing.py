"""How shared tensors become the tensors of one plain network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from hwnas.contracts.search_space import SearchSpace


Run = tuple[int, int]
"""The first index and the length of a stretch of a dimension."""


@dataclass(frozen=True)
class Slot:
    """The place of one tensor in a plain network, and where it lies in the largest one of its name.

    Args:
        shape: its sizes.
        spatial: how many trailing dimensions have a centre: 2 for the weight of a 2-D convolution, 0 for a linear
            layer.
        runs: per dimension, the stretches of the largest tensor that it takes, where that tensor holds several
            things in a row, such as the gates of an LSTM; empty: the first part, or the centre of a spatial
            dimension. No entry at all: so in every dimension.
    """

    shape: tuple[int, ...]
    spatial: int = 0
    runs: tuple[tuple[Run, ...], ...] = ()

    def union(self, other: Slot) -> Slot:
        """The smallest slot that holds both: the elementwise largest shape."""
        return Slot(tuple(max(a, b) for a, b in zip(self.shape, other.shape, strict=True)), self.spatial)


@dataclass(frozen=True)
class Extent:
    """What is known of one tensor over the whole space: its largest slot, and all shapes that were seen, sorted."""

    slot: Slot
    shapes: tuple[tuple[int, ...], ...]


Draw = Callable[[], "dict[str, Tensor]"]


class SharingScheme(ABC):
    """One weight-sharing scheme of a space, found by `name` and called with the space and its settings.

    It keeps no tensors: the shared ones, its own among them, lie in the supernet and are handed in. What it knows
    besides, such as which member serves which sub-space, is its `state`.

    Args:
        space: whose networks share.
        settings: JSON only; with `name` and `state`, all that its behaviour depends on.
    """

    name: ClassVar[str]
    takes: ClassVar[str] = "first"
    """Which entries of a larger tensor a smaller one has, in a word."""
    keeps_memory_layout: ClassVar[bool] = False
    """Whether tensors lie in memory as they came, and not as they train fastest: the last bits depend on it."""

    needs_member: bool = False
    """Whether a sub-network is for one of several tasks, told as `member`, so that no search can judge it by all."""

    told: str = ""
    """``FILE.py:NAME``, where it is somebody's own and was named so."""

    def __init__(self, space: SearchSpace, **settings: object) -> None:
        self.space = space
        self.settings = settings

    def initial(self, extents: Mapping[str, Extent], draw: Draw) -> Mapping[str, Tensor]:  # noqa: ARG002
        """All shared tensors at the start, by names of the scheme's choosing; by default one per place.

        An `nn.Parameter` is trained, any other tensor is not. The random state is that of the supernet's seed.

        Args:
            extents: of every tensor that networks of the space have.
            draw: values for all of them in their largest shapes, initialised as the networks' constructors do,
                anew with every call.
        """
        return draw()

    @abstractmethod
    def bind(
        self,
        shared: Mapping[str, Tensor],
        slots: Mapping[str, Slot],
        architecture: Architecture,
        member: int | None = None,
    ) -> Mapping[str, Tensor]:
        """The named tensors of the plain network that has these `slots`; differentiable in `shared`.

        Args:
            shared: what `initial` gave, trained since.
            slots: of the network of `architecture`.
            architecture: which sub-network.
            member: which of several sets of weights; None: the scheme's own pick. Schemes of one set ignore it.

        Raises:
            InputError: the shared tensors do not reach.
        """

    def fits(self, buffers: Mapping[str, Tensor], architecture: Architecture) -> bool:  # noqa: ARG002
        """Whether the shared `buffers`, such as statistics of normalisation, are this sub-network's own, so that it is
        not calibrated anew. By default they are nobody's: every sub-network that trained has left its part in them.
        """
        return False

    def state(self) -> Mapping[str, object]:
        """What the scheme knows beside its settings, JSON only; nothing by default."""
        return {}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up what `state` gave.

        Raises:
            InputError: it is not of this scheme.
        """
        if state:
            raise InputError(f"Sharing scheme {self.name!r} has no state, got {sorted(state)}; use its own checkpoint.")

    def copied(self) -> SharingScheme:
        """Another one that knows the same."""
        other = type(self)(self.space, **self.settings)
        other.told = self.told
        other.restore(self.state())
        return other
