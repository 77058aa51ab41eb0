"""Small steps between architectures: one gene at another option."""

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.listing import distinct


def one_changed(space: SearchSpace, genomes: IntArray, rng: np.random.Generator) -> IntArray:
    """Canonical copies of ``(n, g)``, each with one active gene at another option; all options are equally likely."""
    free = space.active(genomes) & (space.sizes > 1)
    changed = genomes.copy()
    for i, row in enumerate(free):
        places = np.flatnonzero(row)
        if len(places):
            gene = places[rng.integers(len(places))]
            changed[i, gene] = (genomes[i, gene] + rng.integers(1, space.sizes[gene])) % space.sizes[gene]
    return space.canonical(changed)


def neighbours(space: SearchSpace, genome: IntArray) -> IntArray:
    """Every architecture that differs from canonical ``(g,)`` in one active gene, ``(k, g)``, canonical, each once.

    A gene that switches others on leaves these at their first option.
    """
    changed = []
    for gene in np.flatnonzero(space.active(genome[None])[0]):
        for step in range(1, int(space.sizes[gene])):
            other = genome.copy()
            other[gene] = (genome[gene] + step) % space.sizes[gene]
            changed.append(other)
    return distinct(space.canonical(np.array(changed))) if changed else np.empty((0, len(genome)), dtype=np.int64)
