"""Residual blocks that can be left out: x + f(x), where f has parameters of its own and stands in a list."""

from collections.abc import Sequence

from torch import nn

from hwnas.elasticity._patterns import is_named
from hwnas.elasticity._proving import Prover, is_within
from hwnas.spaces._elastic import Removal, Shape, shrunk


def removable(
    network: nn.Module, prover: Prover, shape: Shape, *, keep: Sequence[str], only: Sequence[str]
) -> tuple[dict[str, Removal], dict[str, str]]:
    """Blocks by the names of their choices, and how each is left out; and why other elements of lists stay.

    Leaving one out is proved to be what zeros leave of the network.
    """
    candidates = {
        path: module
        for path, module in _members(network)
        if not any(is_named(m, keep) for m in _inside(path, module)) and is_named(path, only)
    }
    removals: dict[str, Removal] = {}
    left: dict[str, str] = {}
    for path, is_residual in sorted(prover.residual(candidates).items(), key=lambda item: -item[0].count(".")):
        if any(is_within(other, [path]) for other, _ in removals.values()):
            continue
        if not is_residual:
            if isinstance(network.get_submodule(path.rpartition(".")[0]), nn.ModuleList):
                left[f"{path}.kept"] = "with all its weights 0 it does not give its input, so it is not x + f(x)"
            continue
        for way in ("delete", "identity"):
            removal: Removal = (path, way)
            smaller = shrunk(network, shape, {}, [removal])
            why = prover.objection_when_smaller(smaller, {}, without=[path])
            if why is None:
                removals[f"{path}.kept"] = removal
                break
            left[f"{path}.kept"] = why
    left = {name: why for name, why in left.items() if name not in removals}
    ordered = {
        name: removals[name] for name in sorted(removals, key=[f"{p}.kept" for p, _ in network.named_modules()].index)
    }
    return ordered, left


def _inside(path: str, module: nn.Module) -> list[str]:
    return [f"{path}.{name}".rstrip(".") for name, _ in module.named_modules()]


def _members(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Elements of lists and sequences that have parameters which nothing else has."""
    owners: dict[int, list[str]] = {}
    for name, parameter in network.named_parameters(remove_duplicate=False):
        owners.setdefault(id(parameter), []).append(name)
    members = []
    for path, parent in network.named_modules():
        if isinstance(parent, nn.ModuleList | nn.Sequential):
            for key, module in parent._modules.items():
                name = f"{path}.{key}".lstrip(".")
                own = [] if module is None else [id(p) for p in module.parameters()]
                if module is not None and own and all(is_within(o, [name]) for i in own for o in owners[i]):
                    members.append((name, module))
    return members
