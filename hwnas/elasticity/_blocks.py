"""Residual blocks that can be left out: x + f(x), where f has parameters of its own and stands in a list."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from torch import nn

from hwnas.elasticity._proving import Prover, is_within
from hwnas.spaces._elastic import Removal, Shape, shrunk


def removable(
    network: nn.Module, prover: Prover, shape: Shape, *, keep: Sequence[str], only: Sequence[str]
) -> dict[str, Removal]:
    """Blocks by the names of their choices, and how each is left out: proved to be what zeros leave of the network."""
    candidates = {
        path: module
        for path, module in _members(network)
        if not any(fnmatchcase(m, pattern) for m in _inside(path, module) for pattern in keep)
        and any(fnmatchcase(path, pattern) for pattern in only)
    }
    found: dict[str, Removal] = {}
    for path in sorted(prover.residual(candidates), key=lambda p: -p.count(".")):
        if any(is_within(other, [path]) for other, _ in found.values()):
            continue
        for way in ("delete", "identity"):
            removal: Removal = (path, way)
            smaller = shrunk(network, shape, {}, [removal])
            if prover.objection_when_smaller(smaller, {}, without=[path]) is None:
                found[f"{path}.kept"] = removal
                break
    return {name: found[name] for name in sorted(found, key=[f"{p}.kept" for p, _ in network.named_modules()].index)}


def _inside(path: str, module: nn.Module) -> list[str]:
    return [f"{path}.{name}".rstrip(".") for name, _ in module.named_modules()]


def _members(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Elements of lists and sequences that have parameters which nothing else has."""
    owners: dict[int, list[str]] = {}
    for name, parameter in network.named_parameters(remove_duplicate=False):
        owners.setdefault(id(parameter), []).append(name)
    found = []
    for path, parent in network.named_modules():
        if isinstance(parent, nn.ModuleList | nn.Sequential):
            for key, module in parent._modules.items():
                name = f"{path}.{key}".lstrip(".")
                own = [] if module is None else [id(p) for p in module.parameters()]
                if module is not None and own and all(is_within(o, [name]) for i in own for o in owners[i]):
                    found.append((name, module))
    return found
