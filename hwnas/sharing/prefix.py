"""A smaller tensor is the first part of the larger one; a smaller convolution kernel is its centre.

Of a tensor that holds several things in a row (the gates of an LSTM; q, k and v; the columns behind a concatenation)
it is the first part of each.

The default scheme of slimmable networks (Yu and Huang, "Universally Slimmable Networks", 2019) in every
dimension, with the centre crop of kernels of Once-for-All (Cai et al., 2020) but without its kernel transform.
"""

from collections.abc import Mapping

from torch import Tensor

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import SharingScheme, Slot
from hwnas.sharing._cutting import cut


class PrefixSharing(SharingScheme):
    """Prefix slice of every part of every dimension, centre crop in spatial ones."""

    name = "prefix"

    def bind(
        self,
        shared: Mapping[str, Tensor],
        slots: Mapping[str, Slot],
        architecture: Architecture,  # noqa: ARG002  the slots say all this scheme needs
        member: int | None = None,  # noqa: ARG002  there is one
    ) -> dict[str, Tensor]:
        """Views of the shared tensors; what is taken from several places in them is copied.

        Raises:
            InputError: the network has a tensor that is not shared, or is larger than the shared one.
        """
        return {name: cut(name, shared.get(name), slot) for name, slot in slots.items()}


def prefix(space: SearchSpace) -> PrefixSharing:
    """The scheme, as it is found by name."""
    return PrefixSharing(space)
