"""What a candidate adds to a front: areas of two costs by hand, shares of a box of three."""

import numpy as np
import pytest

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.strategies.qnehvi import _POINTS, NoisyHypervolume, Points, Strips
from hwnas.surrogates.base.proposer import history_of
from hwnas.surrogates.base.seams import Guess


def test_two_costs_gain_the_area_between_the_staircase_and_the_candidate() -> None:
    strips = Strips(np.array([[[2.0, 1.0], [1.0, 2.0], [2.5, 2.5]]]), 3.0, np.random.default_rng(0))
    candidates = np.array([[[1.0, 1.0], [0.0, 0.0], [2.5, 2.5], [0.5, 2.5]]])
    assert strips.gains(candidates).tolist() == [[1.0, 6.0, 0.0, 0.25]]
    strips.add(np.array([[1.0, 1.0]]))
    assert strips.gains(candidates).tolist() == [[0.0, 5.0, 0.0, 0.25]]


def test_three_costs_gain_a_share_of_the_box_up_to_the_random_points() -> None:
    front = np.array([[[0.0, 2.0, 2.0], [2.0, 0.0, 2.0], [2.0, 2.0, 0.0]]])  # dominates half of a box of 4 x 4 x 4
    points = Points(front, 4.0, np.random.default_rng(0))
    far_off = 4 * np.sqrt(0.25 / _POINTS)  # standard deviations of a share
    candidates = np.array([[[0.0, 0.0, 0.0], [2.0, 2.0, 2.0], [0.0, 0.0, 2.0]]])
    assert points.gains(candidates)[0] == pytest.approx([1 / 2, 0, 1 / 8], abs=far_off)
    points.add(np.array([[0.0, 0.0, 2.0]]))
    assert points.gains(candidates)[0] == pytest.approx([3 / 8, 0, 0], abs=far_off)
    assert points.gains(candidates)[0][1:].tolist() == [0, 0]


class Certain:
    """A `Model` that knows the costs: of each genome, its two or three genes."""

    def __call__(self, genomes: IntArray) -> Guess:
        return Guess(genomes.astype(float), np.zeros(genomes.shape), np.zeros(len(genomes)))

    def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:  # noqa: ARG002
        return np.repeat(genomes[None].astype(float), k, axis=0)


def test_of_two_objectives_the_larger_area_is_chosen_whatever_is_drawn() -> None:
    space = SearchSpace([Choice(name, tuple(range(100))) for name in ("a", "b")])
    measured = [{"a": a, "b": b} for a, b in ((0, 99), (50, 50), (99, 0))]
    told = [Result(Trial(space.architecture(costs)), costs) for costs in measured]
    history = history_of(space, [Objective("a"), Objective("b")], told)
    pool = np.array([[10, 80], [20, 75], [25, 68], [30, 62]])
    areas = [760, 720, 775, 740]  # (50 - a) * (99 - b), between the first two
    for seed in range(3):
        chosen = NoisyHypervolume(draws=3)(history, pool, Certain(), 1, np.random.default_rng(seed))
        assert chosen == [int(np.argmax(areas))]
