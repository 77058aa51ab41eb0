"""Random architectures spread evenly over sizes, and the three that bound them.

Choosing every option uniformly gives networks of middling size nearly always, and a predictor learnt from those
has to guess at both ends. So every other draw leans: with a bias between 0 (small) and 1 (large) of its own, each
ordered choice is binomial around it. A bias uniform over draws makes each single choice uniform again (the
beta-binomial with both parameters 1), yet spreads the sizes. The biases follow the golden ratio's sequence, so any
first part of a list covers the range, and a longer list with the same seed begins with the shorter one.
"""

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.listing import distinct

GOLDEN = (5**0.5 - 1) / 2
PATIENCE = 2000  # draws in a row without anything new, after which a space counts as spent


def smallest_largest_middle(space: SearchSpace) -> IntArray:
    """Distinct canonical genomes of the smallest, largest and middle network, ``(at most 3, g)``, in this order."""
    return distinct(np.stack([space.encode(a) for a in (space.smallest, space.largest, space.middle)]))


def draw(space: SearchSpace, n: int, seed: int) -> IntArray:
    """Distinct canonical genomes ``(n, g)``, smallest, largest and middle first; fewer when the space has fewer.

    Raises:
        InputError: `n` is not positive.
    """
    if n < 1:
        raise InputError(f"The number of architectures to time must be at least 1, got {n}; ask for more.")
    rng = np.random.default_rng(seed)
    genomes = {genome.tobytes(): genome for genome in smallest_largest_middle(space)}
    shift, drawn, in_vain = rng.random(), 0, 0
    while len(genomes) < n and in_vain < PATIENCE:
        genome = rng.integers(0, space.sizes)
        if drawn % 2 == 0:
            bias = (shift + drawn // 2 * GOLDEN) % 1.0
            genome = levelled(space, genome, bias, rng)
        genome = space.canonical(genome[None])[0]
        drawn, in_vain = drawn + 1, 0 if genome.tobytes() not in genomes else in_vain + 1
        genomes.setdefault(genome.tobytes(), genome)
    return np.stack(list(genomes.values())[:n])


def levelled(space: SearchSpace, genomes: IntArray, level: float | FloatArray, rng: np.random.Generator) -> IntArray:
    """`genomes` ``(..., g)`` with their ordered genes drawn around a level between 0 (small) and 1 (large), not yet
    canonical.
    """
    ordered = [choice.ordered for choice in space.choices]
    return np.where(ordered, rng.binomial(space.sizes - 1, level), genomes)
