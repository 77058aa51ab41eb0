"""Genomes as rows: all of a space, those of some bytes, each once."""

from collections.abc import Iterable

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.search_space import SearchSpace


def every_genome(space: SearchSpace) -> IntArray:
    """All canonical genomes of a small space, ``(n, g)``."""
    index = {choice.name: i for i, choice in enumerate(space.choices)}

    def depth(i: int) -> int:
        return 1 + max((depth(index[parent]) for parent in space.choices[i].active_if), default=0)

    genomes = np.zeros((1, len(space.choices)), dtype=np.int64)
    for i in sorted(range(len(space.choices)), key=depth):  # parents first, so whether a gene is active is settled
        active = space.active(genomes)[:, i]
        grown = [genomes]
        for option in range(1, len(space.choices[i].options)):
            more = genomes[active].copy()
            more[:, i] = option
            grown.append(more)
        genomes = np.concatenate(grown)
    return genomes


def genomes_of(names: Iterable[bytes], space: SearchSpace) -> IntArray:
    """Genomes ``(n, g)`` from their bytes (int64)."""
    genomes = [np.frombuffer(name, dtype=np.int64) for name in names]
    return np.array(genomes, dtype=np.int64).reshape(-1, len(space.choices))


def distinct(genomes: IntArray) -> IntArray:
    """Each of ``(n, g)`` once, in order of first appearance."""
    return genomes[np.sort(np.unique(genomes, axis=0, return_index=True)[1])]
