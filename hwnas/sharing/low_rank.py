"""Weights stay as they are, and what is learnt is of low rank: W + scale B A; another scheme shares the sum.

Low-rank adapters (Hu et al., "LoRA", ICLR 2022) of a whole supernet: a sub-network takes its part of the frozen weights
and of the adapters alike. An extracted network has the sums as its weights, and knows nothing of adapters.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import Draw, Extent
from hwnas.sharing._changed import ChangedSharing

_DOWN, _UP = "adapter/down/", "adapter/up/"


class LowRankSharing(ChangedSharing):
    """Adapters ``adapter/down/NAME``, A, and ``adapter/up/NAME``, B, for every trained tensor of two or more
    dimensions, which itself is not trained any more.

    Args:
        space: whose networks share.
        rank: most rows of A, or columns of B.
        scale: what their product counts.
        of: the scheme that shares the sums.
        settings: of that scheme; None: its defaults.

    Raises:
        InputError: `rank` or `scale` is not above 0.
    """

    name = "low_rank"

    def __init__(
        self,
        space: SearchSpace,
        *,
        rank: int = 8,
        scale: float = 1.0,
        of: str = "prefix",
        settings: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(space, of=of, settings=settings, rank=rank, scale=scale)
        if rank < 1 or not 0 < scale < float("inf"):
            raise InputError(f"Sharing scheme 'low_rank' needs a rank of at least 1 and a scale above 0, got {rank} "
                             f"and {scale}.")  # fmt: skip
        self._rank, self._scale = rank, scale

    def initial(self, extents: Mapping[str, Extent], draw: Draw) -> Mapping[str, Tensor]:
        """Those of the scheme within, frozen where they have an adapter; B of zeros, so that it changes nothing yet."""
        shared = dict(self._within.initial(extents, draw))
        for name in [n for n, t in shared.items() if t.requires_grad and t.ndim > 1]:
            shared[name] = shared[name].detach()
            rows, columns = shared[name].flatten(1).shape
            rank = min(self._rank, rows, columns)
            shared[_DOWN + name] = nn.Parameter(torch.randn(rank, columns) / columns**0.5)
            shared[_UP + name] = nn.Parameter(torch.zeros(rows, rank))
        return shared

    def changed(self, shared: Mapping[str, Tensor], architecture: Architecture) -> Mapping[str, Tensor]:  # noqa: ARG002
        """The sums."""
        used = {name: tensor for name, tensor in shared.items() if not is_adapter(name)}
        for key, up in shared.items():
            if key.startswith(_UP) and (torch.is_grad_enabled() or up.any()):  # else the tensor itself, to begin with
                name = key.removeprefix(_UP)
                product = (up @ shared[_DOWN + name]).view_as(used[name])
                used[name] = used[name] + self._scale * product
        return used


def is_adapter(name: str) -> bool:
    """Whether a shared tensor is a part of an adapter."""
    return name.startswith((_DOWN, _UP))


def low_rank(
    space: SearchSpace,
    *,
    rank: int = 8,
    scale: float = 1.0,
    of: str = "prefix",
    settings: Mapping[str, object] | None = None,
) -> LowRankSharing:
    """The scheme, as it is found by name."""
    return LowRankSharing(space, rank=rank, scale=scale, of=of, settings=settings)
