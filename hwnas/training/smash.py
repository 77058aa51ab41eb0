"""Weights from a hypernetwork (Brock et al., "SMASH: One-Shot Model Architecture Search through HyperNetworks", ICLR
2018).

Every step draws a sub-network, makes its weights from its architecture, and trains what made them; see
`hwnas.sharing.hypernetwork` for how, and for where we differ. Sub-networks are ranked by the weights made for them.
"""

from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import Method
from hwnas.sharing.hypernetwork import HypernetworkSharing


def smash(space: SearchSpace, *, units: int = 4) -> Method:
    """One uniformly drawn sub-network per step, with weights made from `units` tensors beside the shared one.

    Raises:
        InputError: `units` is below 1.
    """
    return Method("smash", {"units": units}, sharing=HypernetworkSharing(space, units=units))
