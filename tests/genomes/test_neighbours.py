"""Small steps: legal, one gene at a time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.neighbours import neighbours, one_changed
from tests.drawn import spaces

SPACE = SearchSpace([Choice("depth", (1, 2)), Choice("first", (3, 5, 7)), Choice("second", (3, 5), {"depth": (2,)})])


@given(spaces(), st.integers(0, 9))
def test_a_changed_genome_is_canonical_and_differs_where_it_can(space: SearchSpace, seed: int) -> None:
    rng = np.random.default_rng(seed)
    genomes = space.sample(5, rng)
    changed = one_changed(space, genomes, rng)
    assert (space.canonical(changed) == changed).all()
    if space.count() > 1 and (space.sizes > 1).all():
        assert ((changed != genomes).any(axis=1)).all()


def test_neighbours_differ_in_one_gene_and_what_it_switches() -> None:
    found = neighbours(SPACE, np.array([1, 0, 1]))
    assert {tuple(row) for row in found.tolist()} == {(0, 0, 0), (1, 1, 1), (1, 2, 1), (1, 0, 0)}


@given(spaces())
def test_neighbours_are_canonical_distinct_and_not_oneself(space: SearchSpace) -> None:
    genome = space.sample(1, np.random.default_rng(0))[0]
    found = neighbours(space, genome)
    assert (space.canonical(found) == found).all()
    assert len(np.unique(found, axis=0)) == len(found)
    assert not (found == genome).all(axis=1).any()
