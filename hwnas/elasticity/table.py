"""What was found in a network, what was left and why, as rows to print."""

from collections.abc import Mapping
from typing import cast

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces._multiples import largest_with

Row = tuple[str, ...]
ENDS = ("smallest", "middle", "largest")


def choice_rows(space: SearchSpace) -> list[Row]:
    """Every choice, its options, and by how much its first option alone lessens parameters and multiply-adds."""
    alone = [space.largest, *(largest_with(space, c, c.options[0]) for c in space.choices)]
    costs = _costs(space, alone)
    rows = []
    for i, choice in enumerate(space.choices, 1):
        less = [f"{1 - costs[figure][i] / max(costs[figure][0], 1):.1%}" for figure in ("params", "macs")]
        rows.append((choice.name, ", ".join(map(str, choice.options)), *less))
    return rows


def left_out_rows(space: SearchSpace) -> list[Row]:
    """Every group of entries that is not offered: a name, how many entries, why not."""
    structure = cast("Mapping[str, Mapping[str, tuple[int, str]]]", space.parameters["structure"])
    return [(name, str(size), why) for name, (size, why) in structure["left"].items()]


def sub_network_rows(space: SearchSpace) -> list[Row]:
    """The smallest, middle and largest sub-network: parameters, and multiply-adds of one example."""
    costs = _costs(space, [getattr(space, name) for name in ENDS])
    return [(name, f"{costs['params'][i]:,.0f}", f"{costs['macs'][i] / 1e6:,.3g} M") for i, name in enumerate(ENDS)]


def _costs(space: SearchSpace, architectures: list[Architecture]) -> dict[str, FloatArray]:
    if space.costs is None:
        raise InputError(f"The table is of an elastic space, got {space!r}, which does not know its costs.")
    return space.costs(space.encode_many(architectures))
