"""Small steps between architectures, and who stands before whom; for strategies that look at single architectures.

With several objectives "better" is: less violation of the limits, then Pareto rank, then more room to the neighbours
of the rank. With one objective that is the plain order.
"""

import moocore
import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.generators.evolved import crowding, distinct


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
    found = []
    for gene in np.flatnonzero(space.active(genome[None])[0]):
        for step in range(1, int(space.sizes[gene])):
            other = genome.copy()
            other[gene] = (genome[gene] + step) % space.sizes[gene]
            found.append(other)
    return distinct(space.canonical(np.array(found))) if found else np.empty((0, len(genome)), dtype=np.int64)


def best_first(costs: FloatArray, violations: FloatArray) -> IntArray:
    """Numbers of the rows of ``(n, m)``, best first; ties in the order given."""
    rank = np.zeros(len(costs))
    room = np.zeros(len(costs))
    within = violations <= 0
    if within.any():
        ranks = np.asarray(moocore.pareto_rank(costs[within]))
        room_within = np.zeros(len(ranks))
        for r in np.unique(ranks):
            room_within[ranks == r] = crowding(costs[within][ranks == r])
        rank[within], room[within] = ranks, room_within
    return np.lexsort((-room, rank, np.maximum(violations, 0)))
