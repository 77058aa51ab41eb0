"""Weights are made by a small network that reads the architecture; another scheme shares what it makes.

SMASH (Brock et al., "SMASH: One-Shot Model Architecture Search through HyperNetworks", ICLR 2018). A tensor of an
architecture is W + sum_k h_k V_k, where h, ``units`` numbers, is what the network says of the architecture, and V are
shared tensors; so that every sub-network has weights of its own. What it comes to are plain tensors, and an extracted
network knows nothing of it.

Where we differ: the paper lays an architecture out as a memory bank and makes the weights by convolutions over that;
here choices are numbers, and weights linear in what two layers make of them.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import Draw, Extent
from hwnas.sharing._changed import ChangedSharing
from hwnas.sharing._encoding import encoded

_HIDDEN = 32
_TRUNK, _BASIS = "hyper/trunk/", "hyper/basis/"


class HypernetworkSharing(ChangedSharing):
    """Tensors ``hyper/basis/NAME``, V, for every trained tensor of two or more dimensions, and ``hyper/trunk/...``.

    Args:
        space: whose networks share.
        units: how many tensors a weight is made from, beside its own.
        of: the scheme that shares what is made.
        settings: of that scheme; None: its defaults.

    Raises:
        InputError: `units` is below 1.
    """

    name = "hypernetwork"

    def __init__(
        self, space: SearchSpace, *, units: int = 4, of: str = "prefix", settings: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(space, of=of, settings=settings, units=units)
        if units < 1:
            raise InputError(f"Sharing scheme 'hypernetwork' needs units of at least 1, got {units}.")
        self._units = units

    def initial(self, extents: Mapping[str, Extent], draw: Draw) -> Mapping[str, Tensor]:
        """Those of the scheme within, and tensors V that are drawn like them, so that h = 0 were plain sharing."""
        shared = dict(self._within.initial(extents, draw))
        drawn = [self._within.initial(extents, draw) for _ in range(self._units)]
        for name in [n for n, t in shared.items() if t.requires_grad and t.ndim > 1]:
            each = torch.stack([other[name].detach().flatten() for other in drawn])
            shared[_BASIS + name] = nn.Parameter(each)
        seen = len(encoded(self.space.choices, self.space.largest))
        for number, layer in enumerate((nn.Linear(seen, _HIDDEN), nn.Linear(_HIDDEN, self._units))):
            for name, tensor in layer.named_parameters():
                shared[f"{_TRUNK}{number}.{name}"] = nn.Parameter(tensor.detach())
        return shared

    def changed(self, shared: Mapping[str, Tensor], architecture: Architecture) -> Mapping[str, Tensor]:
        """What is made for `architecture`."""
        first, second = ([shared[f"{_TRUNK}{n}.{part}"] for part in ("weight", "bias")] for n in (0, 1))
        seen = torch.tensor(encoded(self.space.choices, architecture), device=first[0].device)
        said = F.linear(F.relu(F.linear(seen, *first)), *second)
        used = {name: tensor for name, tensor in shared.items() if not name.startswith((_TRUNK, _BASIS))}
        for key, basis in shared.items():
            if key.startswith(_BASIS):
                name = key.removeprefix(_BASIS)
                used[name] = used[name] + (said @ basis).view_as(used[name])
        return used


def hypernetwork(
    space: SearchSpace, *, units: int = 4, of: str = "prefix", settings: Mapping[str, object] | None = None
) -> HypernetworkSharing:
    """The scheme, as it is found by name."""
    return HypernetworkSharing(space, units=units, of=of, settings=settings)
