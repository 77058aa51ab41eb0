import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from tests.drawn import spaces

SPACE = SearchSpace(
    [
        Choice("depth", (1, 2, 3)),
        Choice("kernel", (3, 5, 7), {"depth": (2, 3)}),
        Choice("pool", ("max", "mean"), ordered=False),
    ]
)


@st.composite
def sub_spaces(draw: st.DrawFn) -> SubSpace:
    space = draw(spaces())
    some = draw(st.lists(st.sampled_from(space.choices), unique_by=lambda c: c.name))
    return SubSpace(
        space,
        {c.name: tuple(draw(st.lists(st.sampled_from(c.options), min_size=1, unique=True))) for c in some},
    )


@given(spaces(), st.integers(0, 5), st.integers(0, 3))
def test_of_the_whole_it_draws_what_the_space_draws(space: SearchSpace, n: int, seed: int) -> None:
    drawn = SubSpace(space).sample(n, np.random.default_rng(seed))
    np.testing.assert_array_equal(drawn, space.sample(n, np.random.default_rng(seed)))


@given(sub_spaces(), st.integers(0, 3))
def test_what_it_draws_is_canonical_and_held_by_it(part: SubSpace, seed: int) -> None:
    drawn = part.sample(10, np.random.default_rng(seed))
    np.testing.assert_array_equal(drawn, part.space.canonical(drawn))
    for genome in drawn:
        assert part.holds(part.space.decode(genome))
    assert part.holds(part.smallest)
    assert part.holds(part.largest)


def test_it_draws_everything_it_keeps_and_nothing_else() -> None:
    part = SubSpace(SPACE, {"depth": (1, 3), "kernel": (5,)})
    drawn = {SPACE.decode(g) for g in part.sample(100, np.random.default_rng(0))}
    assert {(a["depth"], a.get("kernel"), a["pool"]) for a in drawn} == {
        (depth, kernel, pool) for depth, kernel in ((1, None), (3, 5)) for pool in ("max", "mean")
    }


def test_smallest_and_largest_are_the_first_and_the_last_that_are_kept_in_the_order_of_the_choice() -> None:
    part = SubSpace(SPACE, {"depth": (3, 2), "kernel": (5,)})
    assert dict(part.smallest) == {"depth": 2, "kernel": 5, "pool": "max"}
    assert dict(part.largest) == {"depth": 3, "kernel": 5, "pool": "mean"}
    assert SubSpace(SPACE).largest == SPACE.largest
    assert SubSpace(SPACE).smallest == SPACE.smallest


def test_a_choice_that_is_not_active_shuts_nothing_out() -> None:
    assert SubSpace(SPACE, {"kernel": (7,)}).holds({"depth": 1, "pool": "max"})
    assert not SubSpace(SPACE, {"kernel": (7,)}).holds({"depth": 2, "kernel": 3, "pool": "max"})


def test_narrowing_keeps_what_both_keep() -> None:
    part = SubSpace(SPACE, {"depth": (1, 2)}).narrowed({"depth": (2, 3), "pool": ("max",)})
    assert dict(part.options) == {"depth": (2,), "pool": ("max",)}
    with pytest.raises(InputError, match="'depth'"):
        part.narrowed({"depth": (3,)})


def test_what_is_not_of_the_space_is_refused() -> None:
    with pytest.raises(InputError, match="no choice 'deph'; nearest: depth"):
        SubSpace(SPACE, {"deph": (1,)})
    for options in ((), (4,)):
        with pytest.raises(InputError, match=r"some of \(1, 2, 3\) for choice 'depth'"):
            SubSpace(SPACE, {"depth": options})
