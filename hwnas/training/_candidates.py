"""What a block may be: the choices that are its own, and the combinations of their options."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.sharing._building import Builder
from hwnas.spaces._multiples import largest_with
from hwnas.training._modules import structure_of
from hwnas.training._size import Sizes

_MOST = 64  # of a block
Candidate = Mapping[str, Option]


def candidates_of_blocks(space: SearchSpace, blocks: Sequence[str], method: str) -> dict[str, list[Candidate]]:
    """For every block that has choices of its own, the combinations of their options, from small networks to large
    ones with all else at its largest; that of the largest network last.

    Args:
        space: of the networks.
        blocks: names of modules.
        method: that asks, as an error should call it.

    Raises:
        InputError: no block has any, or one has too many.
    """
    sizes, found = Sizes(space, method), dict[str, list[Candidate]]()
    for block, names in _choices_of_blocks(space, blocks).items():
        options = [space.choices[space.names.index(name)].options for name in names]
        ways = [dict(zip(names, way, strict=True)) for way in product(*options)]
        *others, full = {with_options(space, way): way for way in ways}.values()  # some are the same network
        if len(others) >= _MOST:
            raise InputError(
                f"Method {method!r} compares all candidates of a block, at most {_MOST}, and {block!r} of space "
                f"{space.name!r} has {len(others) + 1}; train by 'dna'."
            )
        order = np.argsort(sizes.of(space.encode_many(with_options(space, way) for way in others)), kind="stable")
        found[block] = [*(others[i] for i in order), full]
    if not found:
        raise InputError(
            f"Method {method!r} chooses each block by itself, and every choice of space {space.name!r} changes none or "
            "several; train by 'dna'."
        )
    return found


def with_options(space: SearchSpace, *options: Candidate) -> Architecture:
    """The largest network but for these options of choices."""
    values = {choice.name: choice.options[-1] for choice in space.choices}
    for given in options:
        values.update(given)
    return space.architecture(values)


def smallest_within(losses: Sequence[float], tolerance: float) -> int:
    """The first of candidates, small to large, whose loss is at most `tolerance` above that of the last one."""
    return next(i for i, loss in enumerate(losses) if loss <= losses[-1] + tolerance)


def _choices_of_blocks(space: SearchSpace, blocks: Sequence[str]) -> dict[str, list[str]]:
    """For every block the choices that change this block and no other one."""
    builder, own = Builder(space), dict[str, list[str]]()

    def structures(architecture: Architecture) -> dict[str, str]:
        modules = dict(builder.hollow(architecture).named_modules())
        return {name: structure_of(modules[name]) for name in blocks}

    whole = structures(space.largest)
    for choice in space.choices:
        changed = {
            name
            for option in choice.options[:-1]
            for name, structure in structures(largest_with(space, choice, option)).items()
            if structure != whole[name]
        }
        if len(changed) == 1:
            own.setdefault(changed.pop(), []).append(choice.name)
    return own
