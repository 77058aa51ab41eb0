"""Sub-networks widened until they use a budget up."""

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
from hwnas.pipeline.selection.filling import filled, widened
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


def test_every_step_widens_one_width_by_one_option_until_the_most_is_reached() -> None:
    most = 0.5 * ms(OWN.largest)
    way = widened(OWN, OWN.smallest, predicted, most)
    assert way[0] == OWN.smallest
    widths = widths_of(OWN)
    for one, two in pairwise(way):
        (changed,) = (name for name in OWN.names if one.get(name) != two.get(name))
        sizes = widths[changed]
        assert sizes.index(int(two[changed])) == sizes.index(int(one[changed])) + 1
    assert ms(way[-1]) >= most
    assert all(ms(a) < most for a in way[:-1])


def test_a_step_costs_least_for_a_doubling_of_all_that_there_are() -> None:
    one, two, *_ = widened(OWN, OWN.smallest, predicted, ms(OWN.largest))

    def price(name: str, size: int) -> float:
        more = ms(OWN.architecture({**one, name: size})) - ms(one)
        return more / float(np.log2(size / int(one[name])))

    prices = {name: price(name, sizes[1]) for name, sizes in widths_of(OWN).items() if name in one}
    (changed,) = (name for name in prices if one[name] != two[name])
    assert prices[changed] == min(prices.values())


def test_where_nothing_is_left_to_widen_the_way_ends() -> None:
    assert widened(OWN, OWN.largest, predicted, np.inf) == [OWN.largest]
    whole = widened(OWN, OWN.smallest, predicted, np.inf)[-1]
    assert all(int(whole[name]) == max(sizes) for name, sizes in widths_of(OWN).items() if name in whole)


@pytest.mark.parametrize("off", [0.8, 1.0, 1.2])
def test_the_largest_on_the_way_that_keeps_the_limit_is_found_although_predictions_err(off: float) -> None:
    limit = 0.5 * ms(OWN.largest)
    timed: list[Architecture] = []

    def keeping(some: list[Architecture]) -> list[Architecture]:
        timed.extend(some)
        return [a for a in some if off * ms(a) <= limit]

    found = filled(OWN, OWN.smallest, predicted, limit, keeping)
    way = widened(OWN, OWN.smallest, predicted, 1.1 * limit)
    assert found == [a for a in way if off * ms(a) <= limit][-1]
    assert len(timed) <= 15


def test_what_does_not_keep_the_limit_when_it_is_wider_stays() -> None:
    assert filled(OWN, OWN.smallest, predicted, ms(OWN.smallest), lambda _: []) == OWN.smallest
    assert filled(OWN, OWN.largest, predicted, np.inf, list) == OWN.largest


def test_of_a_space_that_does_not_tell_its_widths_nothing_is_widened() -> None:
    other = SearchSpace([Choice("depth", (1, 2))])
    as_if = Prediction(*[np.ones(1)] * 3)
    assert widened(other, other.smallest, lambda _: as_if, np.inf) == [other.smallest]
