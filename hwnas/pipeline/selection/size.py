"""The size of files in closed form, in the unit that searches count it in."""

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace

_BYTES_EACH = 4  # of a float32 value


def stored_values(space: SearchSpace, genomes: IntArray) -> FloatArray:
    """The size of files as a number of float32 values, ``(n,)``: parameters, or fewer where some take fewer bytes."""
    costs = space.costs(genomes) if space.costs else {"params": np.zeros(len(genomes))}
    return costs["bytes"] / _BYTES_EACH if "bytes" in costs else costs["params"]
