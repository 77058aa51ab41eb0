"""Weights are mixed from several sets of experts, in proportions that a small router reads off the architecture.

Mixture-of-Supernets (Jawahar et al., "Mixture-of-Supernets: Improving Weight-Sharing Supernet Training with
Architecture-Routed Mixture-of-Experts", Findings of ACL 2024). Sub-networks then share the experts, but every one has
weights of its own. The mixture is dense: all experts count. What it comes to for an architecture are plain tensors, so
an extracted network knows nothing of experts.

Where we differ: every module that has experts has a router of its own in both modes, where the paper's layer-wise
routers serve the two matrices of a feed-forward layer; and a choice without an order enters as one number per option,
since it has no size to scale.
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import Draw, Extent, SharingScheme, Slot
from hwnas.contracts.words import one_of
from hwnas.sharing._encoding import encoded
from hwnas.sharing._memory_format import dense
from hwnas.sharing.prefix import PrefixSharing

Mode = Literal["layer", "neuron"]
_HIDDEN = 128  # units of a router, as in the published code
_ROUTER = "router/"


class MixtureSharing(SharingScheme):
    """Prefix slices of a mixture of experts.

    Expert 0 of a tensor ``NAME`` is called so, the next one ``expert.1/NAME``. The router of a module has tensors
    ``router/MODULE/...``, kept flat: weight decay is for matrices, and would drive every mixture to equal parts.

    Args:
        space: whose networks share.
        experts: how many sets of weights; 1: no router, and plain prefix slices.
        mode: one proportion for a whole module (``layer``) or one for every row of its weight (``neuron``).
        modules: patterns of the names of modules with experts, as far as their weights have two or more dimensions.
        constant: the routers see the same for every architecture; a control for what the experts alone bring.

    Raises:
        InputError: fewer experts than one, or another mode.
    """

    name = "mixture"

    def __init__(
        self,
        space: SearchSpace,
        *,
        experts: int = 2,
        mode: Mode = "layer",
        modules: Sequence[str] = ("*",),
        constant: bool = False,
    ) -> None:
        super().__init__(space, experts=experts, mode=mode, modules=list(modules), constant=constant)
        one_of("the mode of a mixture", mode, get_args(Mode))
        if experts < 1:
            raise InputError(f"A mixture needs at least 1 expert, got {experts}.")
        self._experts, self._by_neuron, self._modules, self._constant = experts, mode == "neuron", modules, constant
        self._prefix = PrefixSharing(space)

    def initial(self, extents: Mapping[str, Extent], draw: Draw) -> Mapping[str, Tensor]:
        """Experts that are each initialised anew (equal ones would never part), and routers.

        Raises:
            InputError: a module has another number of biases than of rows to mix.
        """
        shared = dict(draw())
        modules = [name.removesuffix(".weight") for name, tensor in shared.items() if self._has_experts(name, tensor)]
        for expert in range(1, self._experts):
            drawn = draw()
            shared |= {_expert(expert, name): drawn[name] for module in modules for name in _tensors(module, drawn)}
        for module in modules if self._experts > 1 else ():
            rows = {extents[name].slot.shape[0] for name in _tensors(module, extents)}
            if self._by_neuron and len(rows) > 1:
                raise InputError(
                    f"Module {module!r} has another number of biases than of rows in its weight, so no neurons to mix; "
                    "use mode 'layer', or leave it out of `modules`."
                )
            parts = self._experts * (max(rows) if self._by_neuron else 1)
            layers = nn.Linear(len(self._seen(self.space.largest)), _HIDDEN), nn.Linear(_HIDDEN, parts)
            for number, layer in enumerate(layers):
                for name, tensor in layer.named_parameters():
                    shared[f"{_ROUTER}{module}/{number}.{name}"] = nn.Parameter(tensor.detach().flatten())
        return shared

    def bind(
        self,
        shared: Mapping[str, Tensor],
        slots: Mapping[str, Slot],
        architecture: Architecture,
        member: int | None = None,
    ) -> Mapping[str, Tensor]:
        """Prefix slices of every expert, mixed in the proportions of `architecture`.

        Raises:
            InputError: the shared tensors do not reach.
        """
        bound = dict(self._prefix.bind(shared, slots, architecture, member))
        seen = self._seen(architecture)
        for module in _routed(shared):
            own = {name: slots[name] for name in _tensors(module, slots)}
            if not own:
                continue
            experts: list[Mapping[str, Tensor]] = [bound]
            for expert in range(1, self._experts):
                tensors = {name: shared[_expert(expert, name)] for name in own}
                experts.append(self._prefix.bind(tensors, own, architecture))
            parts = self._proportions(shared, module, seen)
            if self._by_neuron:
                parts = parts[self._rows(shared[f"{module}.weight"], own[f"{module}.weight"], architecture)]
            for name in own:
                bound[name] = dense(_mixed(parts, [tensors[name] for tensors in experts]))
        return bound

    def _rows(self, weight: Tensor, slot: Slot, architecture: Architecture) -> Tensor:
        """Which rows of a shared weight lie in `slot`: asked of the scheme that cuts it."""
        numbers = torch.arange(len(weight)).view(-1, *[1] * (weight.ndim - 1)).expand(weight.shape)
        cut = self._prefix.bind({"rows": numbers}, {"rows": slot}, architecture)["rows"]
        return cut.flatten(1)[:, 0]

    def _proportions(self, shared: Mapping[str, Tensor], module: str, seen: Tensor) -> Tensor:
        """Of the experts of `module`, ``(rows of its shared weight or 1, experts)``."""
        first, second = (
            [shared[f"{_ROUTER}{module}/{n}.{parameter}"] for parameter in ("weight", "bias")] for n in (0, 1)
        )
        seen = seen.to(first[0].device)
        hidden = F.relu(F.linear(seen, first[0].view(_HIDDEN, -1), first[1]))
        scores = F.linear(hidden, second[0].view(-1, _HIDDEN), second[1])  # the parts of a row lie together
        return scores.view(-1, self._experts).softmax(dim=-1)

    def _has_experts(self, name: str, tensor: Tensor) -> bool:
        module, _, parameter = name.rpartition(".")
        wanted = any(fnmatchcase(module, pattern) for pattern in self._modules)
        return parameter == "weight" and tensor.ndim > 1 and tensor.requires_grad and wanted

    def _seen(self, architecture: Architecture) -> Tensor:
        seen = encoded(self.space.choices, architecture)
        return torch.full((len(seen),), 0.5) if self._constant else torch.tensor(seen)


def _mixed(parts: Tensor, experts: Sequence[Tensor]) -> Tensor:
    """The sum of tensors ``(rows, ...)`` in `parts`, ``(1 or rows, experts)``."""
    along = [-1, *[1] * (experts[0].ndim - 1)]
    return torch.stack([parts[:, e].view(along) * tensor for e, tensor in enumerate(experts)]).sum(dim=0)


def _tensors(module: str, among: Mapping[str, object]) -> list[str]:
    return [name for name in (f"{module}.weight", f"{module}.bias") if name in among]


def _routed(shared: Mapping[str, Tensor]) -> Iterator[str]:
    end = "/0.weight"
    return (n.removeprefix(_ROUTER).removesuffix(end) for n in shared if n.startswith(_ROUTER) and n.endswith(end))


def _expert(number: int, name: str) -> str:
    return f"expert.{number}/{name}"


def mixture(
    space: SearchSpace,
    *,
    experts: int = 2,
    mode: Mode = "layer",
    modules: Sequence[str] = ("*",),
    constant: bool = False,
) -> MixtureSharing:
    """The scheme, as it is found by name."""
    return MixtureSharing(space, experts=experts, mode=mode, modules=modules, constant=constant)
