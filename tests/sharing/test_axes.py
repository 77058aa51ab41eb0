"""How axes fall into parts: split into rows, factored into grids, and doubted where two uses contradict."""

import pytest

from hwnas.sharing._axes import Axis, core, factor, fresh, grid, regroup, row, split, tree, unify


def test_a_unit_that_is_split_is_a_row_of_parts_and_stays_one() -> None:
    axis = Axis(12)
    parts = split(axis, [4, 0, 8])
    assert [part.size for part in parts] == [4, 0, 8]
    assert tree(axis) == ("row", (4, 8))
    assert split(axis, [4, 8])[1].root() is parts[2].root()
    assert axis.unclear is None


def test_a_finer_split_divides_the_parts() -> None:
    axis = row(fresh([4, 8]))
    split(axis, [2, 6, 4])
    assert tree(axis) == ("row", (("row", (2, 2)), ("row", (4, 4)))) or tree(axis) == ("row", (2, 2, 4, 4))


def test_equal_chunks_of_a_grid_are_its_first_factor() -> None:
    first, second = fresh([3, 4])
    axis = grid([first, second])
    chunks = split(axis, [4, 4, 4])
    assert {id(chunk.root()) for chunk in chunks} == {id(second.root())}
    assert axis.unclear is None


@pytest.mark.parametrize("sizes", [[6, 6], [2, 10], [3, 3, 3, 3]])
def test_other_chunks_of_a_grid_are_doubted(sizes: list[int]) -> None:
    axis = grid(fresh([3, 4]))
    assert [chunk.size for chunk in split(axis, sizes)] == sizes
    assert axis.unclear == "it is used in different parts"


def test_a_split_that_does_not_add_up_tells_nothing() -> None:
    axis = Axis(12)
    assert [part.size for part in split(axis, [4, 4])] == [4, 4]
    assert (axis.kind, axis.unclear) == (None, None)


def test_a_factored_unit_is_a_grid_and_factors_of_one_are_left_out() -> None:
    axis = Axis(12)
    assert [f.size for f in factor(axis, [3, 4])] == [3, 4]
    assert tree(axis) == ("grid", (3, 4))
    assert [f.size for f in factor(Axis(5), [1, 5])] == [1, 5]
    assert tree(grid(fresh([1, 1]))) == 1


def test_rows_of_equal_parts_can_be_factored_and_others_are_doubted() -> None:
    equal, unequal = row(fresh([4, 4])), row(fresh([2, 6]))
    assert [f.size for f in factor(equal, [2, 4])] == [2, 4]
    assert equal.unclear is None
    assert [f.size for f in factor(unequal, [2, 4])] == [2, 4]
    assert unequal.unclear == "it is used in different parts"


def test_axes_that_meet_are_one_and_the_finer_division_holds_for_both() -> None:
    one, other = Axis(12), Axis(12)
    unify(one, other)
    factor(one, [3, 4])
    assert tree(other) == ("grid", (3, 4))
    finer = grid(fresh([3, 2, 2]))
    unify(one, finer)
    assert tree(one) == tree(finer) == ("grid", (3, 2, 2))
    assert one.root().unclear is None


def test_axes_of_other_sizes_never_are_one() -> None:
    one, other = fresh([3, 4])
    unify(one, other)
    assert (one.root() is other.root(), tree(one), tree(other)) == (False, 3, 4)


def test_a_view_keeps_what_it_does_not_divide() -> None:
    a, b, c = fresh([2, 3, 4])
    merged, last = regroup([a, b, c], [6, 4])
    assert tree(merged) == ("grid", (2, 3))
    assert last.root() is c.root()
    first, rest = regroup([merged, last], [2, 12])
    assert first.root() is a.root()
    assert tree(rest) == ("grid", (3, 4))


def test_a_view_across_boundaries_is_doubted() -> None:
    axes = fresh([4, 9])
    assert [axis.size for axis in regroup(axes, [6, 6])] == [6, 6]
    assert all(axis.unclear == "it is used in different parts" for axis in axes)


def test_factors_of_one_beside_an_axis_make_it_no_other() -> None:
    four = Axis(4)
    beside = Axis(4, "grid", [Axis(1), Axis(4, "grid", [four, Axis(1)])])
    assert core(beside) is four
    both = Axis(6, "grid", [Axis(2), Axis(3)])
    assert core(both) is both
    assert core(four) is four
