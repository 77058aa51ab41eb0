"""Batches by what candidates may turn out to be."""

import numpy as np
import pytest
from moocore import hypervolume

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.genomes.listing import every_genome
from hwnas.strategies.qnehvi import NoisyHypervolume, Points, Strips
from hwnas.strategies.random import RandomSearch
from hwnas.strategies.vizier import OptimismThenExploration, half_rank
from hwnas.surrogates.base.per_objective import PerObjective
from hwnas.surrogates.base.seams import History, Picker, Predict, Values
from hwnas.surrogates.generators.mutants import BestMutants, Mixed
from hwnas.surrogates.pickers.acquisition import BestPredicted, ExpectedImprovement, ThompsonSampling, expected_gain

SPACE = SearchSpace([Choice("x", tuple(range(10))), Choice("y", tuple(range(10)))])
PICKERS = [
    BestPredicted(),
    BestPredicted(20),
    ExpectedImprovement(32),
    ThompsonSampling(),
    NoisyHypervolume(32),
    OptimismThenExploration(),
]


def history(objectives: list[Objective]) -> History:
    strategy = RandomSearch(SPACE, objectives, 0)
    genomes = [[9, 9], [5, 8], [8, 5], [7, 7]]
    figures = [{"left": float(x), "low": float(y)} for x, y in genomes]
    strategy.tell([Result(Trial(SPACE.decode(np.array(g))), f) for g, f in zip(genomes, figures, strict=True)])
    return strategy.history


def nearly_true(genomes: IntArray, figures: FloatArray, objective: Objective) -> Predict:  # noqa: ARG001
    def predict(asked: IntArray) -> Values:
        return asked[:, 0 if objective.name == "left" else 1].astype(float), np.full(len(asked), 0.01)

    return predict


def picked(picker: Picker, objectives: list[Objective], n: int = 6) -> IntArray:
    past = history(objectives)
    model = PerObjective(nearly_true)(past, np.random.default_rng(0))
    pool = every_genome(SPACE)
    pool = pool[past.unseen(pool)]
    chosen = picker(past, pool, model, n, np.random.default_rng(1))
    assert len(set(chosen)) == len(chosen) == n
    return pool[list(chosen)]


@pytest.mark.parametrize("picker", PICKERS, ids=lambda p: type(p).__name__)
def test_the_one_that_is_surely_the_best_is_among_the_picks(picker: Picker) -> None:
    found = picked(picker, [Objective("left"), Objective("low")])
    assert (found.sum(axis=1) <= 5).any()


@pytest.mark.parametrize("picker", PICKERS, ids=lambda p: type(p).__name__)
def test_limits_are_kept_where_they_can_be(picker: Picker) -> None:
    found = picked(picker, [Objective("left", limit=3.0), Objective("low")])
    assert found[0, 0] <= 3
    assert (found[:, 0] <= 3).mean() >= 0.5


@pytest.mark.parametrize("picker", PICKERS, ids=lambda p: type(p).__name__)
def test_one_objective_works_as_well(picker: Picker) -> None:
    assert picked(picker, [Objective("left")])[:, 0].min() <= 1


def test_expected_gains_are_those_of_normal_variables_and_never_tie_with_no_chance() -> None:
    drawn = np.random.default_rng(0).normal([-1.0, 0.5, -4.0, 0.0], [1.0, 2.0, 0.5, 0.0], size=(20_000, 4))
    gain = expected_gain(drawn)
    assert np.allclose(gain[:2], np.maximum(drawn, 0).mean(axis=0)[:2], rtol=0.05)
    few = expected_gain(drawn[:64])
    assert np.maximum(drawn[:64, 2], 0).sum() == 0
    assert few[1] > few[0] > few[3]


def test_the_worse_half_is_warped_by_rank_and_the_better_half_stays() -> None:
    costs = np.array([1.0, 2.0, 3.0, 1e6, 5e6])
    warped = half_rank(costs)
    assert (warped[:3] == costs[:3]).all()
    assert 3 < warped[3] < warped[4] < 6
    assert (half_rank(np.full(4, 2.0)) == 2.0).all()


def test_gains_of_two_costs_are_differences_of_hypervolume() -> None:
    rng = np.random.default_rng(0)
    fronts, candidates = rng.random((5, 12, 2)) + 0.2, rng.random((5, 9, 2)) + 0.1
    fronts, candidates = np.minimum(fronts, 1.0), np.minimum(candidates, 1.0)
    strips = Strips(fronts, 1.0, rng)
    for _ in range(2):
        gains = strips.gains(candidates)
        for front, points, gain in zip(strips.costs, candidates, gains, strict=True):
            before = hypervolume(front, ref=[1.0, 1.0])
            exact = [hypervolume(np.vstack([front, p]), ref=[1.0, 1.0]) - before for p in points]
            assert np.allclose(gain, exact)
        strips.add(candidates[:, 0])


def test_gains_of_three_costs_are_near_the_differences_of_hypervolume() -> None:
    rng = np.random.default_rng(0)
    fronts, candidates = rng.random((4, 6, 3)) * 0.5 + 0.5, rng.random((4, 8, 3))
    points = Points(fronts, 1.0, rng)
    box = np.prod(1.0 - fronts.min(axis=(0, 1)))
    gains = points.gains(np.maximum(candidates, fronts.min(axis=(0, 1)))) * box
    for front, some, gain in zip(fronts, np.maximum(candidates, fronts.min(axis=(0, 1))), gains, strict=True):
        before = hypervolume(front, ref=[1.0] * 3)
        exact = [hypervolume(np.vstack([front, p]), ref=[1.0] * 3) - before for p in some]
        assert np.allclose(gain, exact, atol=0.02)


def test_mutants_of_the_best_are_near_the_best_and_mixtures_join() -> None:
    past = history([Objective("left"), Objective("low")])
    model = PerObjective(nearly_true)(past, np.random.default_rng(0))
    pool = Mixed((BestMutants(30, best=2), BestMutants(6)))(past, model, np.random.default_rng(0))
    assert len(pool) == 36
    parents = past.genomes[past.front]
    assert ((pool[:, None, :] != parents[None]).sum(axis=2).min(axis=1) <= 2).all()
