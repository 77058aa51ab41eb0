"""How large sub-networks are, for methods that treat small and large ones differently, and parts of a space by it."""

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.sharing._building import Builder
from hwnas.spaces._multiples import largest_with


class Sizes:
    """Multiply-adds where the space tells them, else the parameters of networks, which are built without values.

    Args:
        space: of the sub-networks.
        method: that asks, as the error should call it.

    Raises:
        InputError: all sub-networks are of one size.
    """

    def __init__(self, space: SearchSpace, method: str) -> None:
        self._space, self._builder = space, Builder(space)
        self._counted: dict[bytes, float] = {}
        ends = self.of(space.encode_many([space.smallest, space.largest]))
        self.least, self.most = float(ends.min()), float(ends.max())
        if self.least == self.most:
            raise InputError(
                f"Method {method!r} tells small sub-networks from large ones, and the smallest and the largest one of "
                f"space {space.name!r} are of one size; train by 'uniform'."
            )

    def of(self, genomes: IntArray) -> FloatArray:
        """Sizes ``(n,)`` of canonical genomes ``(n, g)``."""
        costs = self._space.costs(genomes) if self._space.costs else {}
        for name in ("macs", "params"):
            if name in costs:
                return costs[name]
        return np.array([self._params(genome) for genome in genomes])

    def _params(self, genome: IntArray) -> float:
        key = genome.tobytes()
        if key not in self._counted:
            network = self._builder.hollow(self._space.decode(genome))
            self._counted[key] = float(sum(p.numel() for p in network.parameters()))
        return self._counted[key]

    def shares(self, genomes: IntArray) -> FloatArray:
        """Where they lie between the smallest, 0, and the largest, 1, on a logarithmic scale, ``(n,)``."""
        shares = np.log(self.of(genomes) / self.least) / np.log(self.most / self.least)
        return np.asarray(np.clip(shares, 0.0, 1.0))


def parts_of(space: SearchSpace, parts: int, method: str, choice: str | None = None) -> list[SubSpace] | None:
    """The space divided by the options of a choice, smaller ones first; None where none can be divided so.

    Args:
        space: the whole.
        parts: how many.
        method: that asks, as an error should call it.
        choice: ordered, active in every architecture and with at least so many options; None: of those the one between
            whose ends the largest sub-network changes its size most.
    """
    possible = [
        c
        for c in space.choices
        if c.ordered and not c.active_if and len(c.options) >= parts and choice in {None, c.name}
    ]
    if not possible:
        return None
    sizes = Sizes(space, method)

    def grows(chosen: Choice) -> float:
        ends = [largest_with(space, chosen, option) for option in (chosen.options[0], chosen.options[-1])]
        least, most = sizes.of(space.encode_many(ends))
        return float(most / least)

    most = max(possible, key=grows)
    groups = np.array_split(np.arange(len(most.options)), parts)
    return [SubSpace(space, {most.name: tuple(most.options[i] for i in group)}) for group in groups]
