"""Repeats become one result with mean figures, of one provenance."""

from collections.abc import Mapping

from hwnas.archive._merged import merged, newest
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.trial import Result, Trial


def result(n: int, figures: Mapping[str, float], code: str = "new", fidelity: str = "full", seed: int = 0) -> Result:
    return Result(Trial(Architecture({"n": n}), fidelity, seed), figures, provenance={"code": code})


def test_repeats_have_the_mean_of_the_figures_that_all_have() -> None:
    repeats = [result(1, {"a": 1.0, "b": 5.0}), result(2, {"a": 9.0}), result(1, {"a": 2.0}, seed=1)]
    first, second = merged(repeats)
    assert (first.trial, first.figures) == (repeats[0].trial, {"a": 1.5})
    assert second is repeats[1]


def test_figures_of_an_earlier_provenance_are_no_repeats() -> None:
    results = [result(1, {"a": 1.0}, "old"), result(1, {"a": 3.0}), result(2, {"a": 7.0}, "old")]
    assert newest(results) == results[1:]
    assert [r.figures["a"] for r in merged(results)] == [3.0, 7.0]


def test_failures_and_cheaper_looks_are_left_out_even_when_they_came_last() -> None:
    failed = Result(Trial(Architecture({"n": 1})), {}, error="it failed", provenance={"code": "newest"})
    kept = result(1, {"a": 1.0})
    assert merged([kept, failed, result(1, {"a": 8.0}, fidelity="epoch1")]) == [kept]
