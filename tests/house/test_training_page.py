"""What the comparison of training methods recommends."""

import importlib
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.house.test_results import BENCHMARKS

FIGURES = ("tau", "tau_alike", "inherited", "gap_small", "gap_large", "regret")


@pytest.fixture(scope="module")
def page() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield importlib.import_module("_training_advice")


def runs(level: float, noise: float = 0.01, seeds: int = 5) -> dict[str, dict[str, float]]:
    """All figures about `level`, with the same noise in other seeds."""
    return {str(seed): dict.fromkeys(FIGURES, level + noise * (-1) ** seed) for seed in range(seeds)}


def test_the_best_is_named_with_those_that_seeds_do_not_tell_from_it(page: ModuleType) -> None:
    arms = {"good": runs(0.5), "alike": runs(0.499, -0.05), "bad": runs(0.1)}
    ranks, *_, regret, sizes = page.advice({"arms": arms, "by_size": {"tau": 0.6, "regret": 0.01}})
    assert ranks == "- to rank sub-networks: `good` (0.50); not told apart from it: `alike`"
    assert regret.endswith("within a budget: `bad` (10.20); not told apart from it: none")
    assert sizes == "- more multiply-adds taken for better, without any training: tau 0.60, regret 1.00"


def test_arms_without_enough_seeds_are_not_recommended(page: ModuleType) -> None:
    found = {"arms": {"few": runs(0.9, seeds=4), "enough": runs(0.5)}}
    assert "few" not in " ".join(page.advice(found))


def test_where_no_arm_has_seeds_enough_nothing_is_recommended(page: ModuleType) -> None:
    assert page.advice({"arms": {"few": runs(0.9, seeds=4)}}) == ["Nothing yet: no method has seeds enough."]


def test_who_is_most_often_among_the_best_is_told_by_purpose(page: ModuleType) -> None:
    arms = {"good": runs(0.5), "bad": runs(0.1)}
    better = {"arms": {"good": runs(0.7), "bad": runs(0.1), "once": runs(0.9)}, "by_size": {"tau": 0.6, "regret": 0.01}}
    told = page.summary({"one": {"arms": arms, "by_size": {"tau": 0.6, "regret": 0.01}}, "other": better})
    alike = {"one": {"arms": {"a": runs(0.5), "b": runs(0.5)}}}
    assert page.summary(alike)[2].endswith("| 2 of 2 are, so seeds do not tell which method to take |")
    assert told[2] == "| to rank sub-networks | `good` (1 of 2) |"
    assert told[-1].endswith("no worse than the best method**: sub-networks in 1 of 2 spaces, not in `other`.")
