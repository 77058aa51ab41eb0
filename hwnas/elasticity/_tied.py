"""One choice for all groups of a kind, such as the hidden width of every layer's feed-forward part."""

import sys
from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from hwnas.elasticity._groups import unused
from hwnas.export.pretrained import can_be_said, is_pretrained
from hwnas.spaces._elastic import Removal, Shape, shrunk

Options = Mapping[str, Sequence[int]]
"""By group, how many entries of it a sub-network may have."""


def tied(options: Options) -> dict[str, str]:
    """The choice of each group: one for those whose names differ in numbers alone and that have the same options."""
    alike: dict[tuple[object, ...], list[str]] = {}
    for name, some in options.items():
        role = tuple(None if part.isdigit() else part for part in name.split("."))
        alike.setdefault((role, tuple(some)), []).append(name)
    names: set[str] = set()
    choices: dict[str, str] = {}
    for members in alike.values():
        choice = unused(_common(members), names)
        choices |= dict.fromkeys(members, choice)
    return {name: choices[name] for name in options}


def _common(names: Sequence[str]) -> str:
    """Their name, with a star for each number that differs."""
    parts = zip(*(name.split(".") for name in names), strict=True)
    return ".".join(each[0] if len(set(each)) == 1 else "*" for each in parts)


def said_of(
    network: nn.Module,
    inputs: tuple[Tensor, ...],
    shape: Shape,
    options: Options,
    choices: Mapping[str, str],
    blocks: Mapping[str, Removal],
) -> dict[str, list[int]]:
    """Of every choice the options that a configuration of a Hugging Face model's class can say, each alone and the
    smallest together; of every block, 0 where it can be left out. All options of any other network.
    """
    every = {choice: list(options[group]) for group, choice in choices.items()} | {name: [0, 1] for name in blocks}
    if "transformers" not in sys.modules or not is_pretrained(network):
        return every

    def said(sizes: Mapping[str, int]) -> bool:
        of_groups = {group: sizes[choice] for group, choice in choices.items() if choice in sizes}
        return can_be_said(shrunk(network, shape, of_groups, [blocks[n] for n in sizes if n in blocks]), inputs)

    def together(smallest: Mapping[str, int]) -> dict[str, int]:
        if said(smallest):
            return dict(smallest)
        some: dict[str, int] = {}
        for name, size in smallest.items():
            if said({**some, name: size}):
                some[name] = size
        return some

    alone = {name: [n for n in some[:-1] if said({name: n})] for name, some in every.items() if name not in blocks}
    least = together({name: some[0] for name, some in alone.items() if some})
    gone = together(dict.fromkeys(blocks, 0))  # apart: of a network without layers, any widths could be said
    left = {name: [*(alone[name] if name in least else []), every[name][-1]] for name in alone}
    return left | {name: [0, 1] if name in gone else [1] for name in blocks}
