"""What a builder does with its choices, found by building with each: faults that would mix up or mislead a search."""

import itertools
import re
import warnings
from collections.abc import Iterator, Mapping

import torch
from torch import nn

from hwnas.contracts.answer import answer_of
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.sharing._building import Builder, example

Variants = Mapping[tuple[str, int], Architecture]
"""The largest architecture with each option: by the name of the choice and the index of the option."""


def check_order(space: SearchSpace, variants: Variants, networks: Mapping[Architecture, nn.Module]) -> None:
    """Refuse ordered choices that are listed from the largest network to the smallest.

    Raises:
        InputError: the network of the first option holds that of the last one, and more.
    """
    for choice in space.for_networks:
        every = _of(choice, variants)
        if not choice.ordered or len(every) < 2:
            continue
        first, last = (_shapes(networks[end]) for end in (every[0], every[-1]))
        if first != last and all(name in first and _holds(first[name], shape) for name, shape in last.items()):
            raise InputError(
                f"Choice {choice.name!r} lists its options from the largest network to the smallest, "
                f"{str(choice.options)[:200]}; list them from the smallest to the largest, or say ordered=False."
            )


def check_places(space: SearchSpace, variants: Variants, networks: Mapping[Architecture, nn.Module]) -> None:
    """Refuse lists of modules whose indices shift: one name would be another place in another network.

    Raises:
        InputError: an option removes elements of a list that are not its last ones.
    """
    shortened: dict[str, str] = {}
    for choice in space.for_networks:
        for a, b in itertools.pairwise(_of(choice, variants)):
            for name, longer, shorter in (*_lists(networks[a], networks[b]), *_lists(networks[b], networks[a])):
                if shorter == longer[: len(shorter)]:
                    if shortened.setdefault(name, choice.name) != choice.name:
                        warnings.warn(_shifted(choice, name, f"so does choice {shortened[name]!r}"), stacklevel=4)
                elif _is_within(shorter, longer):
                    raise InputError(_shifted(choice, name, "removes other elements than its last ones"))


def _shifted(choice: Choice, name: str, why: str) -> str:
    return (
        f"Choice {choice.name!r} changes the length of list {name!r} and {why}, so elements behind get the names, "
        f"and the weights, of others; make one list for each choice, and let what stands behind be outside of it."
    )


def _of(choice: Choice, variants: Variants) -> list[Architecture]:
    """The different architectures with the options of a choice."""
    return list(dict.fromkeys(variants[choice.name, i] for i in range(len(choice.options))))


def warn_of_ignored(builder: Builder, variants: Variants, networks: Mapping[Architecture, nn.Module]) -> None:
    """Warn of choices whose options build networks that look alike and answer alike."""
    inputs = builder.space.inputs
    for choice in builder.space.for_networks if inputs else ():
        alike = _of(choice, variants)
        first, *others = (networks[a] for a in alike)
        if others and all(_look_alike(first, other) for other in others) and _answer_alike(builder, alike):
            warnings.warn(
                f"Choice {choice.name!r} changes nothing in the networks that space {builder.space.name!r} builds; use "
                f"it in the builder, or leave it out.",
                stacklevel=4,
            )


def _answer_alike(builder: Builder, architectures: list[Architecture]) -> bool:
    """Whether networks of the same tensors answer alike when they have the same values."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        inputs = example(builder.space.inputs, 2)
        first = builder.whole(architectures[0]).eval()
        expected = answer_of(first(*inputs))
        for architecture in architectures[1:]:
            other = builder.whole(architecture).eval()
            other.load_state_dict(first.state_dict())
            if not torch.equal(answer_of(other(*inputs)), expected):
                return False
    return True


def _look_alike(a: nn.Module, b: nn.Module) -> bool:
    return _shapes(a) == _shapes(b) and _look(a) == _look(b)


def _look(network: nn.Module) -> str:
    """What a network shows beside its shapes: its modules, constants and attributes."""
    constants = [f"{n} {t.flatten().tolist()[:1000]}" for n, t in network.named_buffers() if not t.is_meta]
    attributes = [
        f"{prefix} {sorted((k, repr(v)) for k, v in vars(module).items() if isinstance(v, (int, float, str, tuple)))}"
        for prefix, module in network.named_modules()
    ]
    return re.sub(r" at 0x[0-9a-f]+", "", "\n".join([repr(network), *constants, *attributes]))


def _shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(parameter.shape) for name, parameter in network.named_parameters()}


def _holds(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return len(a) == len(b) and all(x >= y for x, y in zip(a, b, strict=True))


def _lists(larger: nn.Module, smaller: nn.Module) -> Iterator[tuple[str, list[str], list[str]]]:
    """Name and elements of every list that is longer in the one than in the other."""
    others = dict(smaller.named_modules())
    for name, module in larger.named_modules():
        other = others.get(name)
        if other is not None and _is_list(module) and _is_list(other):
            longer, shorter = list(module.children()), list(other.children())
            if len(longer) > len(shorter) > 0 and any(True for _ in module.parameters()):
                yield name, list(map(repr, longer)), list(map(repr, shorter))


def _is_list(module: nn.Module) -> bool:
    return isinstance(module, (nn.ModuleList, nn.Sequential)) and all(
        name == str(i) for i, name in enumerate(module._modules)
    )


def _is_within(shorter: list[str], longer: list[str]) -> bool:
    """Whether the one is the other with elements removed."""
    rest = iter(longer)
    return all(element in rest for element in shorter)
