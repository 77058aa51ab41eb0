from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.sampling import bounds, corners, draw
from hwnas.strategies.surrogate import spread_out

WIDE = SearchSpace(
    [Choice("depth", (2, 3, 4))]
    + [Choice(f"width{i}", (1, 2, 3, 4), active_if={"depth": (3, 4)} if i > 10 else {}) for i in range(20)]
    + [Choice("kind", ("a", "b", "c"), ordered=False)]
)
TINY = SearchSpace([Choice("a", (1, 2)), Choice("b", (1, 2, 3), active_if={"a": (2,)})])
FILES = SearchSpace(
    [*(Choice(f"width{i}", (1, 2, 3, 4)) for i in range(8)), *(Choice(f"bits.{i}", (8, 32)) for i in range(8))],
    for_files=[f"bits.{i}" for i in range(8)],
)
SPACES = st.sampled_from([WIDE, TINY, FILES])


@given(SPACES, st.integers(1, 40), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_genomes_are_distinct_and_start_with_those_that_bound_the_space(space: SearchSpace, n: int, seed: int) -> None:
    genomes = draw(space, n, seed)
    assert len(genomes) == min(n, space.count())
    assert len(np.unique(genomes, axis=0)) == len(genomes)
    assert (space.canonical(genomes) == genomes).all()
    marks = bounds(space)[:n]
    assert (genomes[: len(marks)] == marks).all()


@given(st.integers(0, 99), st.integers(4, 30), st.integers(1, 30))
@settings(max_examples=15, deadline=None)
def test_a_longer_list_with_the_same_seed_begins_with_the_shorter(seed: int, n: int, more: int) -> None:
    assert (draw(WIDE, n + more, seed)[:n] == draw(WIDE, n, seed)).all()


def test_another_seed_draws_others() -> None:
    assert (draw(WIDE, 20, 0)[3:] != draw(WIDE, 20, 1)[3:]).any(axis=1).all()


def test_sizes_cover_the_range_where_uniform_choices_do_not() -> None:
    def spread(genomes: np.ndarray) -> float:
        return float(np.std(genomes[:, 1:12].mean(axis=1)))

    drawn = spread(draw(WIDE, 103, 0)[3:])
    assert drawn > 1.5 * spread(WIDE.sample(100, np.random.default_rng(0)))


def test_the_largest_as_the_smallest_is_written_and_the_other_way_round_are_corners() -> None:
    assert corners(FILES).tolist() == [[0] * 16, [3] * 8 + [1] * 8, [0] * 8 + [1] * 8, [3] * 8 + [0] * 8]
    assert corners(WIDE).tolist() == [WIDE.encode(WIDE.smallest).tolist(), WIDE.encode(WIDE.largest).tolist()]


@pytest.mark.parametrize("drawn", [lambda: draw(FILES, 85, 0)[5:], lambda: spread_out(FILES, 40, default_rng(0))[4:]])
def test_large_networks_in_few_bits_are_drawn_as_often_as_in_many(drawn: Callable[[], IntArray]) -> None:
    genomes = drawn()
    of_large = genomes[genomes[:, :8].mean(axis=1) > 2]
    bits = of_large[:, 8:].mean(axis=1)
    assert len(of_large) > 10
    assert (bits < 0.3).mean() > 0.1
    assert (bits > 0.7).mean() > 0.1


def test_every_option_of_every_choice_is_seen() -> None:
    genomes = draw(WIDE, 100, 0)
    assert all(len(np.unique(genomes[:, i])) == size for i, size in enumerate(WIDE.sizes))


def test_a_number_below_one_is_refused() -> None:
    with pytest.raises(InputError, match="at least 1, got 0"):
        draw(WIDE, 0, 0)
