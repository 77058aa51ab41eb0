"""Random architectures spread evenly over sizes, and those that bound them.

Choosing every option uniformly gives networks of middling size nearly always, and a predictor learnt from those
has to guess at both ends. So every other draw leans: with a bias between 0 (small) and 1 (large) of its own, each
ordered choice is binomial around it. A bias uniform over draws makes each single choice uniform again (the
beta-binomial with both parameters 1), yet spreads the sizes. The biases follow the golden ratio's sequence, so any
first part of a list covers the range, and a longer list with the same seed begins with the shorter one.

Choices of a file only, such as bits, lean by a bias of their own: a large network in few bits and a small one in many
are as good as any, and one bias for both would hardly ever draw them.
"""

import numpy as np

from hwnas.contracts.arrays import BoolArray, FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.listing import distinct

GOLDEN, OTHER = (5**0.5 - 1) / 2, 2**0.5 - 1  # steps that never meet, so that pairs of biases spread, too
PATIENCE = 2000  # draws in a row without anything new, after which a space counts as spent


def corners(space: SearchSpace) -> IntArray:
    """Canonical genomes of the smallest and the largest network, and, where choices are of a file only, of the smallest
    as the file of the largest is written and the other way round, ``(2 or 4, g)``.
    """
    both = np.stack([space.encode(space.smallest), space.encode(space.largest)])
    crossed = np.where(of_file(space), both[::-1], both)
    return np.concatenate([both, space.canonical(crossed)]) if space.for_files else both


def of_file(space: SearchSpace) -> BoolArray:
    """Which choices the networks that are built do not depend on, ``(g,)``."""
    return np.array([name in space.for_files for name in space.names])


def bounds(space: SearchSpace) -> IntArray:
    """Distinct canonical genomes of the smallest, largest and middle network, then of the other `corners`, if any,
    ``(at most 5, g)``.
    """
    smallest, largest, *crossed = corners(space)
    return distinct(np.stack([smallest, largest, space.encode(space.middle), *crossed]))


def draw(space: SearchSpace, n: int, seed: int) -> IntArray:
    """Distinct canonical genomes ``(n, g)``, the `bounds` first; fewer when the space has fewer.

    Raises:
        InputError: `n` is not positive.
    """
    if n < 1:
        raise InputError(f"The number of architectures to time must be at least 1, got {n}; ask for more.")
    rng = np.random.default_rng(seed)
    genomes = {genome.tobytes(): genome for genome in bounds(space)}
    shift, drawn, in_vain = rng.random(), 0, 0
    shift_of_file, is_of_file = rng.random() if space.for_files else 0.0, of_file(space)
    while len(genomes) < n and in_vain < PATIENCE:
        genome = rng.integers(0, space.sizes)
        if drawn % 2 == 0:
            bias, other = (shift + drawn // 2 * GOLDEN) % 1.0, (shift_of_file + drawn // 2 * OTHER) % 1.0
            genome = levelled(space, genome, np.where(is_of_file, other, bias), rng)
        genome = space.canonical(genome[None])[0]
        drawn, in_vain = drawn + 1, 0 if genome.tobytes() not in genomes else in_vain + 1
        genomes.setdefault(genome.tobytes(), genome)
    return np.stack(list(genomes.values())[:n])


def levelled(space: SearchSpace, genomes: IntArray, levels: FloatArray, rng: np.random.Generator) -> IntArray:
    """`genomes` ``(..., g)`` with their ordered genes drawn around `levels` between 0 (small) and 1 (large), not yet
    canonical.
    """
    ordered = [choice.ordered for choice in space.choices]
    return np.where(ordered, rng.binomial(space.sizes - 1, levels), genomes)
