"""What the comparison of training methods computes of accuracies."""

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from tests.house.test_results import BENCHMARKS


@pytest.fixture(scope="module")
def figures() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield importlib.import_module("_training_figures")


def truth(alone: np.ndarray, macs: np.ndarray) -> object:
    cells = sys.modules["_training_truth"].TRUTHS["micro_cell"]()
    columns = {"macs": macs, "search": alone[:, None], "report": alone[:, None]}
    return replace(cells, architectures=(), **columns)


def test_inheriting_what_is_reached_alone_ranks_perfectly_without_gap_or_regret(figures: ModuleType) -> None:
    alone = np.linspace(0.8, 0.9, 64)
    found = figures.figures(truth(alone, np.arange(64.0)), alone)
    assert found.pop("inherited") == pytest.approx(0.85)
    assert (found.pop("tau"), found.pop("tau_alike"), found.pop("tau_top")) == pytest.approx((1, 1, 1))
    assert list(found.values()) == pytest.approx([0] * 4)


def test_the_gap_is_that_of_the_size(figures: ModuleType) -> None:
    alone, macs = np.full(64, 0.9) + np.arange(64) / 1000, np.arange(64.0)[::-1]
    inherited = alone - np.where(macs < 8, 0.1, 0.0)
    found = figures.figures(truth(alone, macs), inherited)
    assert found["gap_small"] == pytest.approx(0.1)
    assert (found["gap_middle"], found["gap_large"]) == pytest.approx((0, 0))


def test_the_regret_is_what_a_wrong_first_costs_within_each_budget(figures: ModuleType) -> None:
    alone = np.linspace(0.8, 0.9, 8)
    found = figures.figures(truth(alone, np.arange(8.0)), -alone)
    ends = [alone[n - 1] - alone[0] for n in (2, 4, 6, 8)]
    assert found["regret"] == pytest.approx(np.mean(ends))


def test_figures_of_a_part_need_networks_enough_in_it(figures: ModuleType) -> None:
    alone = np.linspace(0.8, 0.9, 15)
    found = figures.figures(truth(alone, np.arange(15.0)), alone)
    assert list(found) == ["tau", "inherited", "regret"]
    seeds = np.column_stack([alone, alone[::-1]])
    known = replace(truth(alone, np.arange(15.0)), report=seeds)  # type: ignore[type-var]
    assert figures.ceiling(known) == {"tau": pytest.approx(-1)}


def test_who_ranks_by_multiply_adds_has_no_accuracies(figures: ModuleType) -> None:
    alone = np.linspace(0.8, 0.9, 64)
    found = figures.by_size(truth(alone, np.arange(64.0)))
    assert found == pytest.approx({"tau": 1, "tau_alike": 1, "tau_top": 1, "regret": 0})


def test_a_ranking_by_nothing_but_size_is_none_among_networks_of_a_size(figures: ModuleType) -> None:
    rng = np.random.default_rng(0)
    sizes = np.repeat(np.arange(4.0), 100)
    alone, ranked = 10 * sizes + rng.normal(size=400), 10 * sizes + rng.normal(size=400)
    found = figures.ranks(ranked, alone, sizes)
    assert found["tau"] > 0.7
    assert abs(found["tau_alike"]) < 0.1


def test_networks_that_were_trained_with_fewer_seeds_count_with_those(figures: ModuleType) -> None:
    few = np.linspace(0.8, 0.9, 64)
    seeds = np.column_stack([few, few - 0.01, few + 0.01])
    seeds[:16, 2], seeds[:16, 1] = np.nan, few[:16]
    known = replace(truth(few, np.arange(64.0)), search=seeds, report=seeds)  # type: ignore[type-var]
    assert figures.figures(known, few) == pytest.approx(figures.figures(truth(few, np.arange(64.0)), few))


@pytest.mark.parametrize(("noise", "least", "most"), [(1e-9, 0.999, 1.0), (0.02, 0.1, 0.7)])
def test_who_knows_all_averages_ranks_the_best_as_well_as_seeds_allow(
    figures: ModuleType, noise: float, least: float, most: float
) -> None:
    seeds = np.linspace(0.8, 0.9, 32)[:, None] + noise * np.random.default_rng(0).normal(size=(32, 3))
    found = figures.of_means(replace(truth(seeds[:, 0], np.arange(32.0)), report=seeds))  # type: ignore[type-var]
    assert least <= found <= most


@pytest.mark.parametrize(("shared", "expected"), [(1.0, 1.0), (0.0, 0.0)])
def test_examples_for_search_allow_as_much_as_they_have_in_common_with_unseen_ones(
    figures: ModuleType, shared: float, expected: float
) -> None:
    """However much seeds add, alike on both sets of examples."""
    rng = np.random.default_rng(0)
    networks, luck = rng.normal(size=400), 0.3 * rng.normal(size=(400, 30))
    report = networks[:, None] + luck
    search = np.where(shared, networks, rng.normal(size=400))[:, None] + luck
    known = replace(truth(networks, np.arange(400.0)), search=search, report=report)  # type: ignore[type-var]
    found, low, high = figures.of_search(known)
    assert found == pytest.approx(expected, abs=0.12)
    assert low < found < high


def test_too_few_seeds_do_not_tell_what_examples_for_search_allow(figures: ModuleType) -> None:
    assert figures.of_search(truth(np.linspace(0.8, 0.9, 32), np.arange(32.0))) is None


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ([2, 3, 4, 3, 2], [1, 1, 1, 1, 1], "reproduced"),
        ([1, 1, 1, 1, 1], [2, 3, 4, 3, 2], "reversed"),
        ([1, -1, 2, -2, 0], [0, 0, 0, 0, 0], "not seen"),
    ],
)
def test_a_verdict_needs_an_interval_on_one_side(
    figures: ModuleType, ours: list[float], theirs: list[float], said: str
) -> None:
    mean, interval = figures.compared(ours, theirs)
    assert mean == pytest.approx(np.mean(ours) - np.mean(theirs))
    assert figures.verdict(interval) == said
