"""Sub-networks widened, or narrowed, until they just use a budget up."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.predictor import Prediction
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.selection.evenly import widths_of
from hwnas.pipeline.selection.fitting import Fitting
from tests.pipeline.selection.macs_as_ms import OWN, ms, predicted


def fitting(limit_ms: float, keeping: Callable[[list[Architecture]], list[Architecture]] = list) -> Fitting:
    return Fitting(OWN, predicted, limit_ms, keeping)


DIRECTIONS = pytest.mark.parametrize(
    ("start", "towards"), [(OWN.smallest, 1), (OWN.largest, -1)], ids=["wide", "narrow"]
)


@DIRECTIONS
def test_every_step_moves_one_width_by_one_option_until_a_tenth_beyond_the_limit(
    start: Architecture, towards: int
) -> None:
    limit = 0.5 * ms(OWN.largest)
    found = fitting(limit).way(start, towards)
    assert found[0] == start
    widths = widths_of(OWN)
    for one, two in pairwise(found):
        (changed,) = (name for name in OWN.names if one.get(name) != two.get(name))
        sizes = widths[changed]
        assert sizes.index(int(two[changed])) == sizes.index(int(one[changed])) + towards
    until = (1 + 0.1 * towards) * limit
    assert towards * ms(found[-1]) >= towards * until
    assert all(towards * ms(a) < towards * until for a in found[:-1])


@DIRECTIONS
def test_a_doubling_costs_least_and_a_halving_saves_most_of_all_that_there_are(
    start: Architecture, towards: int
) -> None:
    one, two, *_ = fitting(np.inf if towards > 0 else 0.0).way(start, towards)

    def price(name: str, size: int) -> float:
        more = ms(OWN.architecture({**one, name: size})) - ms(one)
        return towards * more / float(np.log2(size / int(one[name])))

    prices = {name: price(name, sizes[::towards][1]) for name, sizes in widths_of(OWN).items() if name in one}
    (changed,) = (name for name in prices if one[name] != two[name])
    assert prices[changed] == min(prices.values())


def test_widening_goes_beyond_the_limit_once_no_step_stays_within() -> None:
    limit = 0.5 * ms(OWN.largest)
    widths = widths_of(OWN)
    *_, last = (a for a in fitting(limit).way(OWN.smallest, 1) if ms(a) <= limit)
    steps = [(name, sizes[sizes.index(int(last[name])) + 1 :][:1]) for name, sizes in widths.items() if name in last]
    assert all(ms(OWN.architecture({**last, name: wider[0]})) > limit for name, wider in steps if wider)


def test_where_no_width_has_an_option_left_the_way_ends() -> None:
    assert fitting(np.inf).way(OWN.largest, 1) == [OWN.largest]
    whole = fitting(np.inf).way(OWN.smallest, 1)[-1]
    assert all(int(whole[name]) == max(sizes) for name, sizes in widths_of(OWN).items() if name in whole)


@DIRECTIONS
@pytest.mark.parametrize("off", [0.95, 1.0, 1.05])
def test_the_largest_on_the_way_that_keeps_the_limit_is_found_although_predictions_err(
    off: float, start: Architecture, towards: int
) -> None:
    limit = 0.5 * ms(OWN.largest)
    timed: list[Architecture] = []

    def keeping(some: list[Architecture]) -> list[Architecture]:
        timed.extend(some)
        return [a for a in some if off * ms(a) <= limit]

    near = fitting(limit, keeping)
    found = near.widened(start) if towards > 0 else near.narrowed(start)
    by_falling_size = near.way(start, towards)[::-towards]
    assert found == next(a for a in by_falling_size if off * ms(a) <= limit)
    assert len(timed) <= 10


def test_where_none_on_the_way_keeps_the_limit_it_stays() -> None:
    none = fitting(ms(OWN.middle), lambda _: [])
    assert none.widened(OWN.middle) == none.narrowed(OWN.middle) == OWN.middle


def test_the_largest_of_all_is_never_among_them() -> None:
    found = fitting(np.inf).widened(OWN.smallest)
    assert found != OWN.largest
    assert OWN.largest in fitting(np.inf).way(found, 1)


def test_of_a_space_that_does_not_tell_its_widths_nothing_is_moved() -> None:
    other = SearchSpace([Choice("depth", (1, 2))])
    as_if = Prediction(*[np.ones(1)] * 3)
    assert Fitting(other, lambda _: as_if, np.inf, list).widened(other.smallest) == other.smallest
