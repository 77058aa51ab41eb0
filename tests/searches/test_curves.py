"""How searches got on: curves, targets, attainment; checked against counting and against chance."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.searches.curves import (
    attained,
    costs_of,
    hypervolume_curve,
    scale_of,
    spendings,
    time_to_target,
)
from hwnas.searches.indicators import hypervolume, igd_plus

SPACE = SearchSpace([Choice("a", tuple(range(50)))])
OBJECTIVES = [Objective("accuracy", "max"), Objective("latency_ms", "min")]


def result(a: int, x: float, y: float, fidelity: str = "full", error: str | None = None) -> Result:
    figures = {} if error else {"accuracy": x, "latency_ms": y}
    return Result(Trial(SPACE.architecture({"a": a}), fidelity), figures, error=error)


def random_fronts(runs: int, n: int, m: int) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [rng.random((n, m)) for _ in range(runs)]


@pytest.mark.parametrize("m", [2, 3, 4])
def test_hypervolume_is_what_random_points_say(m: int) -> None:
    (front,) = random_fronts(1, 12, m)
    points = np.random.default_rng(0).random((40_000, m))
    dominated = np.zeros(len(points), dtype=bool)
    for row in front:
        dominated |= (row <= points).all(axis=1)
    share = dominated.mean()
    error = 4 * np.sqrt(share * (1 - share) / len(points))
    assert hypervolume(front, np.zeros(m), np.ones(m)) == pytest.approx(share, abs=error)


def test_igd_plus_is_the_mean_shortfall() -> None:
    found, truth = random_fronts(2, 9, 2)
    shortfall = np.maximum(found[None] - truth[:, None], 0)
    by_hand = np.sqrt((shortfall**2).sum(axis=2)).min(axis=1).mean()
    assert igd_plus(found, truth, np.zeros(2), np.ones(2)) == pytest.approx(by_hand)


@pytest.mark.parametrize(("m", "share"), [(2, 0.25), (2, 0.5), (2, 1.0), (3, 0.5)])
def test_an_attainment_surface_is_what_so_many_runs_weakly_dominate(m: int, share: float) -> None:
    fronts = random_fronts(8, 6, m)
    surface = attained(fronts, share)
    points = np.random.default_rng(1).random((3000, m))
    by_runs = sum((front[None] <= points[:, None]).all(axis=2).any(axis=1).astype(int) for front in fronts)
    inside = (surface[None] <= points[:, None]).all(axis=2).any(axis=1)
    assert np.array_equal(inside, by_runs >= share * len(fronts))


def test_the_surface_of_one_run_is_its_front() -> None:
    assert sorted(attained([np.array([[0, 2], [1, 1], [2, 2]])], 0.5).tolist()) == [[0, 2], [1, 1]]


def test_a_cheap_look_is_paid_once_and_only_the_full_counts() -> None:
    results = [result(0, 1, 1, "half"), result(1, 1, 1), result(0, 2, 2), result(2, 0, 0, error="broken")]
    assert spendings(results, {"half": 0.5}).tolist() == [0.5, 1.5, 2.0, 3.0]
    assert costs_of(results, OBJECTIVES).tolist() == [[-1, 1], [-2, 2]]


def test_what_breaks_a_limit_has_no_volume() -> None:
    limited = [OBJECTIVES[0], Objective("latency_ms", limit=1.5)]
    assert costs_of([result(0, 1, 1), result(1, 2, 2)], limited).tolist() == [[-1, 1]]


def test_a_curve_never_falls_and_ends_at_one_when_the_front_is_found() -> None:
    rng = np.random.default_rng(2)
    results = [result(i, *rng.random(2)) for i in range(50)]
    scale = scale_of(costs_of(results, OBJECTIVES)[[0]])
    assert scale.share(costs_of(results[:1], OBJECTIVES)) == pytest.approx(1)
    everything = costs_of(results, OBJECTIVES)
    front = everything[[not ((everything <= p).all(1) & (everything < p).any(1)).any() for p in everything]]
    curve = hypervolume_curve(results, OBJECTIVES, scale_of(front), 50)
    assert (np.diff(curve) >= -1e-12).all()
    assert curve[-1] == pytest.approx(1)
    assert curve[9] == pytest.approx(scale_of(front).share(everything[:10]))


def test_time_to_target_says_how_many_never_got_there() -> None:
    curves = np.array([[0.1, 0.9, 1.0], [0.5, 0.5, 0.9], [0.1, 0.2, 0.3]])
    found = time_to_target(curves, 0.9)
    assert (found.reached, found.runs, found.median) == (2, 3, 3)
    assert found.expected == pytest.approx((2 + 3 + 3) / 2)
    never = time_to_target(curves, 2.0)
    assert (never.reached, never.median, never.expected) == (0, None, None)
