"""Every sub-network has weights of its own, mixed from experts by a router (Jawahar et al., "Mixture-of-Supernets",
Findings of ACL 2024).

The sandwich rule with one random sub-network trains experts and routers alike; see `hwnas.sharing.mixture` for what
is mixed and how. As in the published code, every sub-network learns from the labels; from the largest one only where
`distil` says so.
"""

from collections.abc import Sequence

from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import Defaults, Method
from hwnas.sharing.mixture import MixtureSharing, Mode
from hwnas.training._objectives import InPlaceDistillation
from hwnas.training._samplers import Sandwich


def mixture_of_supernets(
    space: SearchSpace,
    *,
    experts: int = 2,
    mode: Mode = "layer",
    modules: Sequence[str] = ("*",),
    constant: bool = False,
    randoms: int = 1,
    distil: bool = False,
) -> Method:
    """The method for `space`.

    Args:
        space: what is searched.
        experts: sets of weights; 1: the sandwich rule with plain sharing.
        mode: ``layer`` or ``neuron``.
        modules: patterns of the names of modules with experts.
        constant: the control, whose routers do not see the architecture.
        randoms: uniformly drawn sub-networks per step, beside the largest and the smallest.
        distil: in-place distillation from the largest.

    Raises:
        InputError: a setting is out of its range.
    """
    routing = {"experts": experts, "mode": mode, "modules": list(modules), "constant": constant}
    return Method(
        "mixture_of_supernets",
        {**routing, "randoms": randoms, "distil": distil},
        architectures=Sandwich(randoms),
        objective=InPlaceDistillation() if distil else Defaults(),
        sharing=MixtureSharing(space, experts=experts, mode=mode, modules=modules, constant=constant),
    )
