"""All genomes of a small space, each once."""

import numpy as np

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.listing import distinct, every_genome, genomes_of

SPACE = SearchSpace(
    [
        Choice("inner", ("x", "y", "z"), active_if={"outer": ("on",)}),  # stands before its parent
        Choice("outer", ("off", "on")),
        Choice("other", (1, 2)),
    ]
)


def test_every_architecture_is_there_once() -> None:
    genomes = every_genome(SPACE)
    assert len(genomes) == SPACE.count() == 2 * (1 + 3)
    assert len(np.unique(genomes, axis=0)) == len(genomes)
    assert (SPACE.canonical(genomes) == genomes).all()


def test_genomes_come_back_from_their_bytes() -> None:
    genomes = every_genome(SPACE)
    assert (genomes_of([row.tobytes() for row in genomes], SPACE) == genomes).all()
    assert genomes_of([], SPACE).shape == (0, 3)


def test_repeats_are_dropped_in_the_order_of_first_appearance() -> None:
    assert distinct(np.array([[2, 1], [0, 0], [2, 1], [1, 1], [0, 0]])).tolist() == [[2, 1], [0, 0], [1, 1]]
