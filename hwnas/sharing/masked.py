"""Single weights can be switched off: shared tensors are used times masks of 0 and 1; another scheme shares them.

What progressive pruning within a supernet needs (You et al., "SuperTickets", ECCV 2022): values below a zero are kept,
so that a later mask may bring them back. All masks are 1 until a training prunes
(`hwnas.contracts.training_events.Prune`).
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import Draw, Extent
from hwnas.sharing._changed import ChangedSharing

_START = "mask/"


class MaskedSharing(ChangedSharing):
    """A mask ``mask/NAME``, which is not trained, for every trained tensor of two or more dimensions."""

    name = "masked"

    def initial(self, extents: Mapping[str, Extent], draw: Draw) -> Mapping[str, Tensor]:
        """Those of the scheme within, and masks that leave all of them as they are."""
        shared = self._within.initial(extents, draw)
        masks = {_START + n: torch.ones_like(t.detach()) for n, t in shared.items() if t.requires_grad and t.ndim > 1}
        return {**shared, **masks}

    def changed(self, shared: Mapping[str, Tensor], architecture: Architecture) -> Mapping[str, Tensor]:  # noqa: ARG002
        """The masked tensors."""
        used = {name: tensor for name, tensor in shared.items() if not name.startswith(_START)}
        for name, mask in shared.items():
            if name.startswith(_START) and (torch.is_grad_enabled() or not mask.all()):  # else the tensor itself
                masked = name.removeprefix(_START)
                used[masked] = used[masked] * mask
        return used


def masked(space: SearchSpace, *, of: str = "prefix", settings: Mapping[str, object] | None = None) -> MaskedSharing:
    """The scheme, as it is found by name."""
    return MaskedSharing(space, of=of, settings=settings)
