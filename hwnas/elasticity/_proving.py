"""Proof of a group: its entries may change places, in the whole network and in a smaller one, and nothing else changes.

What the reading of a graph misses, such as one bias that was forgotten, moves the output; so whatever is offered is a
symmetry of the very function the network computes. Weights are drawn anew, so that no zero hides a part of the network,
and the run is in double precision, where a true symmetry is off by rounding alone.
"""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils._pytree import tree_leaves

from hwnas.contracts.axes import AxisTree, named, places_of
from hwnas.contracts.errors import InputError
from hwnas.contracts.raised import in_one_line, where_raised
from hwnas.elasticity._groups import Trees
from hwnas.export._float64 import float64_throughout

_ALIKE = 1e-5  # relative; a true symmetry is 1e-15 off, or 1e-7 where the network itself computes in float32
_MOVED = 1e-4  # what permuting a part of a group must do at least, for the proof to mean anything


class Prover:
    """Proves groups of one network.

    Args:
        network: in evaluation mode.
        inputs: examples.
        trees: of all its tensors.
        sizes: of all groups.
    """

    def __init__(self, network: nn.Module, inputs: tuple[Tensor, ...], trees: Trees, sizes: Mapping[str, int]) -> None:
        self.trees, self.sizes = trees, sizes
        self.inputs = tuple(x.double() if x.is_floating_point() else x for x in inputs)
        self.tensors = drawn(network)
        self.network = _doubled(_copy(network))
        self._throughout: Callable[[], AbstractContextManager[None]] = nullcontext
        try:
            self.answer = self._run(self.network, self.tensors)
        except Exception:  # noqa: BLE001  as where its code makes float32 of something
            self._throughout = float64_throughout
            self.answer = self._run_throughout(network)

    def objection(self, group: str) -> str | None:
        """Why a group is none in the whole network; None: it is proved."""
        return self._objection(self.network, self.tensors, self.answer, group, self.sizes)

    def objection_when_smaller(
        self,
        smaller: nn.Module,
        sizes: Mapping[str, int],
        group: str | None = None,
        *,
        exact: bool = True,
        without: Sequence[str] = (),
    ) -> str | None:
        """Why a `smaller` copy of the network, with `sizes`, is not what is left of it; None: it is.

        Args:
            smaller: whose code runs with the first entries of every group.
            sizes: of its groups; one that is not named is whole.
            group: whose entries must be able to change places in it; None: only the following is looked at.
            exact: whether leaving entries out must be as good as making all their values 0. It is, unless a figure over
                all entries is taken, such as the mean of a normalisation.
            without: modules that it lacks.
        """
        chosen = {name: range(size) for name, size in sizes.items()}
        tensors = {name: _permuted(t, self.trees.get(name, ()), self.sizes, chosen) for name, t in self.tensors.items()}
        network = _doubled(smaller)
        tensors = {name: tensor for name, tensor in tensors.items() if not is_within(name, without)}
        try:
            answer = self._run(network, tensors)
        except Exception as error:  # noqa: BLE001  whatever the user's code does with sizes it does not expect
            return f"the smaller network fails: {' '.join(str(error).split())[:160]}"
        if [x.shape for x in answer] != [x.shape for x in self.answer]:
            return "the smaller network gives outputs of another shape"
        if exact:
            zeroed = {
                n: t * 0 if is_within(n, without) else _zeroed(t, self.trees.get(n, ()), self.sizes, chosen)
                for n, t in self.tensors.items()
            }
            off = _distance(answer, self._run(self.network, zeroed))
            if not off < _ALIKE:
                return f"the smaller network is not what is left of the whole one: it is {off:.0e} off"
        if group is None:
            return None
        return self._objection(network, tensors, answer, group, {**self.sizes, **sizes})

    def _objection(
        self,
        network: nn.Module,
        tensors: Mapping[str, Tensor],
        answer: Sequence[Tensor],
        group: str,
        sizes: Mapping[str, int],
    ) -> str | None:
        order = torch.arange(sizes[group]).roll(1).tolist()  # a cycle: no entry stays
        if len(order) < 2:
            return None
        moved = {name: _permuted(t, self.trees.get(name, ()), sizes, {group: order}) for name, t in tensors.items()}
        changed = [name for name, tensor in moved.items() if tensor is not tensors[name]]
        off = _distance(self._run(network, moved), answer)
        if not off < _ALIKE:
            return f"its entries cannot change places: the output moves by {off:.0e}"
        for name in changed:
            if _distance(self._run(network, {**tensors, name: moved[name]}), answer) > _MOVED:
                return None
        return "the output does not depend on it"

    def residual(self, candidates: Mapping[str, nn.Module]) -> dict[str, bool]:
        """Of modules that run once and keep the shape of their first input: whether they are x + f(x).

        Then they give x where all their weights are 0.
        """
        own = {name: dict(self.network.named_modules())[name] for name in candidates}
        calls: dict[str, list[tuple[Tensor, Tensor]]] = {name: [] for name in own}

        def note(name: str) -> Callable[..., None]:
            def hook(_: nn.Module, args: tuple[object, ...], kwargs: dict[str, object], out: object) -> None:
                given = next((x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)), None)
                output = out[0] if isinstance(out, tuple) else out
                if isinstance(given, Tensor) and isinstance(output, Tensor):
                    calls[name].append((given, output))

            return hook

        output = {}
        for name, module in own.items():
            handle = module.register_forward_hook(note(name), with_kwargs=True)
            zeroed = {n: t * 0 if is_within(n, [name]) else t for n, t in self.tensors.items()}
            try:
                self._run(self.network, zeroed)
            finally:
                handle.remove()
            once = len(calls[name]) == 1 and calls[name][0][0].shape == calls[name][0][1].shape
            if once:
                output[name] = _distance([calls[name][0][1]], [calls[name][0][0]]) < _ALIKE
        return output

    def _run_throughout(self, network: nn.Module) -> list[Tensor]:
        try:
            return self._run(self.network, self.tensors)
        except Exception as error:
            raise InputError(
                f"The network {type(network).__name__} does not run in double precision, in which it is proved"
                f"{where_raised(error)}: {type(error).__name__}: {in_one_line(error)}; make its code take the type of "
                "its inputs."
            ) from error

    def _run(self, network: nn.Module, tensors: Mapping[str, Tensor]) -> list[Tensor]:
        with torch.no_grad(), self._throughout():
            return answers(functional_call(network, dict(tensors), self.inputs))


def is_within(name: str, modules: Sequence[str]) -> bool:
    """Whether a tensor or module is one of, or in one of, these modules."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def answers(out: object) -> list[Tensor]:
    """All tensors of an output."""
    return [x.detach() for x in tree_leaves(out) if isinstance(x, Tensor)]


def drawn(network: nn.Module) -> dict[str, Tensor]:
    """Values in double precision with which a network is alive throughout, none of them equal.

    Not its own: zeros and ones as in fresh normalisations, or scales of 1e-6, would hide a mistake.
    """
    generator = torch.Generator().manual_seed(0)
    learnt = {f"{prefix}.{name}".lstrip("."): name for prefix, name in _statistics(network)}
    learnt |= {name: name.rpartition(".")[2] for name, _ in network.named_parameters()}
    state: dict[str, Tensor] = {}
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        value = tensor.detach()
        if name in learnt and value.is_floating_point():
            normal = torch.randn(value.shape, generator=generator, dtype=torch.float64)
            if value.ndim > 1:
                value = normal / math.sqrt(value[0].numel())
            elif learnt[name] in ("weight", "running_var"):
                value = 0.5 + torch.rand(value.shape, generator=generator, dtype=torch.float64)
            else:
                value = 0.3 * normal + 0.2  # more alive than dead behind a rectifier
        state[name] = value.double() if value.is_floating_point() else value
    return state


def _statistics(network: nn.Module) -> list[tuple[str, str]]:
    return [
        (prefix, name)
        for prefix, module in network.named_modules()
        if isinstance(module, nn.modules.batchnorm._NormBase)
        for name in ("running_mean", "running_var")
    ]


def _copy(network: nn.Module) -> nn.Module:
    """One whose parameters are not copied."""
    memo: dict[int, object] = {}
    for module in network.modules():
        for tensor in (*module._parameters.values(), *module._buffers.values()):
            if tensor is not None:
                memo[id(tensor)] = tensor
    return copy.deepcopy(network, memo)


def hollow(network: nn.Module) -> nn.Module:
    """A copy without values of parameters and buffers: the code of smaller ones, whose values a `Prover` gives."""
    memo: dict[int, object] = {}
    for tensor in (*network.parameters(), *network.buffers()):
        empty = torch.empty_like(tensor, device="meta")
        is_learnt = isinstance(tensor, nn.Parameter)
        memo[id(tensor)] = nn.Parameter(empty, tensor.requires_grad) if is_learnt else empty
    return copy.deepcopy(network, memo)


def _doubled(network: nn.Module) -> nn.Module:
    """The network, which from now on computes in double precision wherever its code leaves it free to."""
    for module in network.modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, Tensor) and value.is_floating_point():
                object.__setattr__(module, name, value.double())
    return network.eval()


def _permuted(
    tensor: Tensor, trees: Sequence[AxisTree], sizes: Mapping[str, int], chosen: Mapping[str, Sequence[int]]
) -> Tensor:
    for dim, tree in enumerate(trees):
        if any(name in chosen for name in named(tree)):
            tensor = tensor.index_select(dim, torch.tensor(places_of(tree, sizes, chosen)))
    return tensor


def _zeroed(
    tensor: Tensor, trees: Sequence[AxisTree], sizes: Mapping[str, int], chosen: Mapping[str, Sequence[int]]
) -> Tensor:
    for dim, tree in enumerate(trees):
        if any(name in chosen for name in named(tree)):
            mask = torch.zeros(tensor.shape[dim], dtype=tensor.dtype)
            mask[places_of(tree, sizes, chosen)] = 1
            tensor = tensor * mask.view(-1, *[1] * (tensor.ndim - dim - 1))
    return tensor


def _distance(a: Sequence[Tensor], b: Sequence[Tensor]) -> float:
    """The largest difference, relative to the spread of the outputs; infinite where any is no finite number."""
    worst = 0.0
    for x, y in zip(a, b, strict=True):
        if x.is_floating_point():
            scale = float(y.std(correction=0)) or float(y.abs().max()) or 1.0
            off = float((x - y).abs().max()) / scale
            if not math.isfinite(off):  # where it is no number, `max` would leave it out, and all were alike
                return math.inf
            worst = max(worst, off)
        elif not torch.equal(x, y):
            return math.inf
    return worst
