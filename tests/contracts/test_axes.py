import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.axes import AxisTree, each_of, named, places_of, size_of, tree_of
from hwnas.contracts.errors import InputError

SIZES = {"a": 3, "b": 2}
leaves = st.one_of(st.integers(1, 3), st.sampled_from(sorted(SIZES)))
trees = st.recursive(
    leaves,
    lambda inner: st.tuples(st.sampled_from(["row", "grid"]), st.lists(inner, min_size=1, max_size=3).map(tuple)),
    max_leaves=4,
)


@given(trees)
def test_a_tree_is_the_same_after_json(tree: AxisTree) -> None:
    assert tree_of(json.loads(json.dumps(tree))) == tree


@given(trees, st.sets(st.integers(0, 2), min_size=1), st.sets(st.integers(0, 1), min_size=1))
def test_as_many_places_stay_as_the_axis_is_long_and_they_ascend(tree: AxisTree, a: set[int], b: set[int]) -> None:
    kept = {"a": sorted(a), "b": sorted(b)}
    places = places_of(tree, SIZES, kept)
    assert len(places) == size_of(tree, {name: len(entries) for name, entries in kept.items()})
    assert places == sorted(set(places))
    assert set(places) <= set(range(size_of(tree, SIZES)))


@given(trees)
def test_all_places_stay_where_all_entries_do(tree: AxisTree) -> None:
    assert places_of(tree, SIZES, {}) == list(range(size_of(tree, SIZES)))


def test_entries_of_parts_and_factors_lie_where_they_lay() -> None:
    assert places_of(("row", ("a", 1, "b")), SIZES, {"a": [2], "b": [0]}) == [2, 3, 4]
    assert places_of(("grid", ("a", 2)), SIZES, {"a": [0, 2]}) == [0, 1, 4, 5]
    assert places_of(("grid", (2, "b")), SIZES, {"b": [1]}) == [1, 3]
    assert places_of(("centre", ("k",)), {"k": 5}, {"k": [0, 1, 2]}) == [1, 2, 3]
    assert size_of(("half", ("k",)), {"k": 5}) == 2


def test_one_axis_and_several_are_told_apart() -> None:
    assert each_of(("row", ("a", "b"))) == (("row", ("a", "b")),)
    assert each_of(("a", "b")) == ("a", "b")
    assert list(named(("row", ("a", ("grid", (2, "a")))))) == ["a", "a"]


@pytest.mark.parametrize("read", [None, True, 1.5, ["ring", [1]], ["row", []], ["row", 1], ["row", [None]]])
def test_what_is_no_axis_is_refused(read: object) -> None:
    with pytest.raises(InputError, match="An axis is a size"):
        tree_of(read)
