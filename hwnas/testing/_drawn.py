"""Hypothesis generators of genomes and architectures."""

import numpy as np
from hypothesis import strategies as st

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.search_space import SearchSpace


def genomes(space: SearchSpace) -> st.SearchStrategy[IntArray]:
    """Any genome ``(g,)`` of a space, canonical or not."""
    return st.tuples(*(st.integers(0, size - 1) for size in space.sizes.tolist())).map(
        lambda genome: np.array(genome, dtype=np.int64)
    )


def architectures(space: SearchSpace) -> st.SearchStrategy[Architecture]:
    """Any architecture of a space."""
    return genomes(space).map(space.decode)
