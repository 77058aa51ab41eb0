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
from hwnas.contracts.sharing import Draw, Extent, SharingScheme, Slot
from hwnas.sharing._memory_format import dense
from hwnas.sharing._named import named_sharing

_START = "mask/"


class MaskedSharing(SharingScheme):
    """A mask ``mask/NAME``, which is not trained, for every trained tensor of two or more dimensions.

    Args:
        space: whose networks share.
        of: the scheme that shares the masked tensors.
        settings: of that scheme; None: its defaults.
    """

    name = "masked"

    def __init__(self, space: SearchSpace, *, of: str = "prefix", settings: Mapping[str, object] | None = None) -> None:
        super().__init__(space, of=of, settings=dict(settings or {}))
        self._within = named_sharing(of, space, settings or {})

    def initial(self, extents: Mapping[str, Extent], draw: Draw) -> Mapping[str, Tensor]:
        """Those of the scheme within, and masks that leave all of them as they are."""
        shared = self._within.initial(extents, draw)
        masks = {_START + n: torch.ones_like(t.detach()) for n, t in shared.items() if t.requires_grad and t.ndim > 1}
        return {**shared, **masks}

    def bind(
        self,
        shared: Mapping[str, Tensor],
        slots: Mapping[str, Slot],
        architecture: Architecture,
        member: int | None = None,
    ) -> Mapping[str, Tensor]:
        """As the scheme within gives them, from the masked tensors."""
        used = {name: tensor for name, tensor in shared.items() if not name.startswith(_START)}
        for name, mask in shared.items():
            if name.startswith(_START):
                masked = name.removeprefix(_START)
                used[masked] = used[masked] * mask
        bound = self._within.bind(used, slots, architecture, member)
        return {name: dense(tensor) if tensor.ndim == 4 else tensor for name, tensor in bound.items()}

    def state(self) -> Mapping[str, object]:
        """That of the scheme within."""
        return self._within.state()

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up what `state` gave.

        Raises:
            InputError: it is not of the scheme within.
        """
        self._within.restore(state)


def masked(space: SearchSpace, *, of: str = "prefix", settings: Mapping[str, object] | None = None) -> MaskedSharing:
    """The scheme, as it is found by name."""
    return MaskedSharing(space, of=of, settings=settings)
