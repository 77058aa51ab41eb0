"""Small steps: legal, one gene at a time; and who stands before whom."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.generators.moves import best_first, neighbours, one_changed
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


def test_the_best_is_within_the_limits_then_of_the_front_then_has_room() -> None:
    costs = np.array([[0.0, 0.0], [1.0, 5.0], [2.0, 4.0], [2.1, 3.9], [5.0, 1.0], [6.0, 6.0], [9.0, 9.0]])
    order = best_first(costs, np.array([0.5, 0, 0, 0, 0, 0, 0.1])).tolist()
    assert set(order[:2]) == {1, 4}
    assert order[4:] == [5, 6, 0]


def test_with_one_objective_the_order_is_the_plain_one() -> None:
    assert best_first(np.array([[3.0], [1.0], [2.0]]), np.zeros(3)).tolist() == [1, 2, 0]
