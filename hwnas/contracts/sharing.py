"""How shared tensors become the tensors of one plain network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hwnas.contracts.architecture import Architecture

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Slot:
    """The place of one tensor in a plain network: its shape, and how many trailing dimensions are spatial.

    `spatial` is 2 for the weight of a 2-D convolution and 0 for a linear layer; it tells a scheme which
    dimensions have a centre.
    """

    shape: tuple[int, ...]
    spatial: int = 0

    def union(self, other: Slot) -> Slot:
        """The smallest slot that holds both: the elementwise largest shape."""
        return Slot(tuple(max(a, b) for a, b in zip(self.shape, other.shape, strict=True)), self.spatial)


class SharingScheme(ABC):
    """One weight-sharing scheme. It owns no tensors: the shared ones are handed in, so a scheme is a function."""

    @abstractmethod
    def shared_slots(self, slots: Mapping[str, Slot]) -> dict[str, Slot]:
        """The tensors to keep, given the largest slot of every parameter and buffer in the space."""

    @abstractmethod
    def weights(
        self, shared: Mapping[str, Tensor], slots: Mapping[str, Slot], architecture: Architecture
    ) -> dict[str, Tensor]:
        """The named tensors of the plain network that has these `slots`; differentiable in `shared`."""
