"""The size of files, in the unit that searches count it in: in closed form, or counted of networks that are built."""

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.sharing._building import Builder

_BYTES_EACH = 4  # of a float32 value


def stored_values(space: SearchSpace, genomes: IntArray) -> FloatArray:
    """The size of files as a number of float32 values, ``(n,)``: parameters, or fewer where some take fewer bytes.

    Raises:
        InputError: the space tells no costs, and a network of it cannot be built.
    """
    costs = space.costs(genomes) if space.costs else {}
    return costs["bytes"] / _BYTES_EACH if "bytes" in costs else parameters(space, genomes)


def parameters(space: SearchSpace, genomes: IntArray) -> FloatArray:
    """How many parameters networks have, ``(n,)``. Raises as `stored_values`."""
    if space.costs is not None:
        return space.costs(genomes)["params"]
    builder = Builder(space)
    networks = (builder.hollow(space.decode(genome)) for genome in genomes)
    return np.array([sum(p.numel() for p in network.parameters()) for network in networks], dtype=np.float64)
