"""Sub-networks widened, or narrowed, until they just use a budget up."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.predictor import Prediction
from hwnas.contracts.search_space import SearchSpace
from hwnas.elasticity.elastic import elastic
from hwnas.pipeline.selection.evenly import widths_of
from hwnas.pipeline.selection.fitting import fitted, way
from tests.elasticity.networks import Cnn


def space() -> SearchSpace:
    torch.manual_seed(0)
    return elastic(Cnn().eval(), torch.randn(2, 1, 8, 8)).space


OWN = space()


def predicted(genomes: IntArray) -> Prediction:
    """Multiply-adds as milliseconds."""
    assert OWN.costs is not None
    return Prediction(*[OWN.costs(genomes)["macs"]] * 3)


def ms(architecture: Architecture) -> float:
    return float(predicted(OWN.encode_many([architecture])).mean[0])


@pytest.mark.parametrize(("start", "towards"), [(OWN.smallest, 1), (OWN.largest, -1)], ids=["wider", "narrower"])
def test_every_step_moves_one_width_by_one_option_until_the_latency_is_reached(
    start: Architecture, towards: int
) -> None:
    until = 0.5 * ms(OWN.largest)
    found = way(OWN, start, predicted, until, towards)
    assert found[0] == start
    widths = widths_of(OWN)
    for one, two in pairwise(found):
        (changed,) = (name for name in OWN.names if one.get(name) != two.get(name))
        sizes = widths[changed]
        assert sizes.index(int(two[changed])) == sizes.index(int(one[changed])) + towards
    assert towards * ms(found[-1]) >= towards * until
    assert all(towards * ms(a) < towards * until for a in found[:-1])


@pytest.mark.parametrize(("start", "towards"), [(OWN.smallest, 1), (OWN.largest, -1)], ids=["wider", "narrower"])
def test_a_doubling_costs_least_and_a_halving_saves_most_of_all_that_there_are(
    start: Architecture, towards: int
) -> None:
    one, two, *_ = way(OWN, start, predicted, towards * np.inf, towards)

    def price(name: str, size: int) -> float:
        more = ms(OWN.architecture({**one, name: size})) - ms(one)
        return towards * more / float(np.log2(size / int(one[name])))

    prices = {name: price(name, sizes[::towards][1]) for name, sizes in widths_of(OWN).items() if name in one}
    (changed,) = (name for name in prices if one[name] != two[name])
    assert prices[changed] == min(prices.values())


def test_where_no_width_has_an_option_left_the_way_ends() -> None:
    assert way(OWN, OWN.largest, predicted, np.inf, 1) == [OWN.largest]
    whole = way(OWN, OWN.smallest, predicted, np.inf, 1)[-1]
    assert all(int(whole[name]) == max(sizes) for name, sizes in widths_of(OWN).items() if name in whole)


@pytest.mark.parametrize("start", [OWN.smallest, OWN.largest, OWN.middle], ids=["smallest", "largest", "middle"])
@pytest.mark.parametrize("off", [0.95, 1.0, 1.05])
def test_the_largest_on_the_way_that_keeps_the_limit_is_found_although_predictions_err(
    off: float, start: Architecture
) -> None:
    limit = 0.5 * ms(OWN.largest)
    timed: list[Architecture] = []

    def keeping(some: list[Architecture]) -> list[Architecture]:
        timed.extend(some)
        return [a for a in some if off * ms(a) <= limit]

    found = fitted(OWN, start, predicted, limit, keeping)
    narrower, wider = way(OWN, start, predicted, 0.9 * limit, -1), way(OWN, start, predicted, 1.1 * limit, 1)
    assert found == next(a for a in (*wider[:0:-1], *narrower) if off * ms(a) <= limit)
    assert len(timed) <= 15


def test_what_keeps_no_limit_anywhere_on_the_way_stays() -> None:
    assert fitted(OWN, OWN.middle, predicted, ms(OWN.middle), lambda _: []) == OWN.middle
    assert fitted(OWN, OWN.largest, predicted, np.inf, list) == OWN.largest


def test_of_a_space_that_does_not_tell_its_widths_nothing_is_moved() -> None:
    other = SearchSpace([Choice("depth", (1, 2))])
    as_if = Prediction(*[np.ones(1)] * 3)
    assert way(other, other.smallest, lambda _: as_if, np.inf, 1) == [other.smallest]
