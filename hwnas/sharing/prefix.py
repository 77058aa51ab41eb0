"""A smaller tensor is the first part of the larger one; a smaller convolution kernel is its centre.

The default scheme of slimmable networks (Yu and Huang, "Universally Slimmable Networks", 2019) in every
dimension, with the centre crop of kernels of Once-for-All (Cai et al., 2020) but without its kernel transform.
"""

from collections.abc import Mapping

from torch import Tensor

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import SharingScheme, Slot


class PrefixSharing(SharingScheme):
    """Prefix slice in every dimension, centre crop in spatial ones."""

    name = "prefix"

    def bind(
        self,
        shared: Mapping[str, Tensor],
        slots: Mapping[str, Slot],
        architecture: Architecture,  # noqa: ARG002  the slots say all this scheme needs
        member: int | None = None,  # noqa: ARG002  there is one
    ) -> dict[str, Tensor]:
        """Views of the shared tensors; no copy is made.

        Raises:
            InputError: the network has a tensor that is not shared, or is larger than the shared one.
        """
        return {name: _slice(name, shared.get(name), slot) for name, slot in slots.items()}


def _slice(name: str, tensor: Tensor | None, slot: Slot) -> Tensor:
    if tensor is None or tensor.ndim != len(slot.shape) or any(map(int.__lt__, tensor.shape, slot.shape)):
        found = "is missing" if tensor is None else f"has {tuple(tensor.shape)}"
        raise InputError(
            f"Tensor {name!r} should reach {slot.shape}, the shared one {found}; list the "
            f"options of every choice from the smallest to the largest network, and name places alike."
        )
    if tuple(tensor.shape) == slot.shape:
        return tensor
    centred_from = tensor.ndim - slot.spatial
    for dim, size in enumerate(slot.shape):
        surplus = tensor.shape[dim] - size
        if surplus:
            tensor = tensor.narrow(dim, surplus // 2 if dim >= centred_from else 0, size)
    return tensor


def prefix(space: SearchSpace) -> PrefixSharing:
    """The scheme, as it is found by name."""
    return PrefixSharing(space)
