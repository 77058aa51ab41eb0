"""How shared tensors become the tensors of one plain network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hwnas.contracts.architecture import Architecture

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class SharingScheme(ABC):
    """One weight-sharing scheme. It owns no tensors: the shared ones are handed in, so a scheme is a function."""

    @abstractmethod
    def shared_shapes(self, shapes: Mapping[str, torch.Size]) -> dict[str, torch.Size]:
        """Shapes of the tensors to keep, given each parameter's elementwise largest shape in the space."""

    @abstractmethod
    def weights(
        self, shared: Mapping[str, Tensor], shapes: Mapping[str, torch.Size], architecture: Architecture
    ) -> dict[str, Tensor]:
        """The named tensors of the plain network whose parameter shapes are `shapes`; differentiable."""
