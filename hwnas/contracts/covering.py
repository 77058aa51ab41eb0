"""A few architectures that together show every option of a space."""

import numpy as np

from hwnas.contracts.arrays import BoolArray, IntArray
from hwnas.contracts.search_space import SearchSpace


def covering(space: SearchSpace, most: int) -> IntArray:
    """A few distinct canonical genomes, ``(at most `most`, g)``, in which every option of every choice is active once,
    as far as so few can: the smallest and the largest, then others that each add as many options as they can.
    """
    genomes = [space.encode(space.smallest), space.encode(space.largest)]
    missing = np.arange(space.sizes.max())[None] < space.sizes[:, None]  # (g, options)
    for genome in genomes:
        active = space.active(genome[None])[0]
        missing[active, genome[active]] = False
        if genome is genomes[-1] and missing.any() and len(genomes) < most:
            genomes.append(_showing(space, missing))
    return np.stack(list({genome.tobytes(): genome for genome in genomes}.values()))


def _showing(space: SearchSpace, missing: BoolArray) -> IntArray:
    """A canonical genome in which the first missing option ``(g, options)`` is active, and others where they fit."""
    gene, option = np.argwhere(missing)[0].tolist()
    genome, free = space.sizes - 1, np.ones(len(space.choices), dtype=np.bool_)
    for other, index in [(gene, option), *space.needed(gene)]:
        genome[other], free[other] = index, False
    more = free & missing.any(axis=1)
    shown: IntArray = space.canonical(np.where(more, missing.argmax(axis=1), genome)[None])[0]
    return shown
