"""What a search and its baseline are compared by, by hand."""

import numpy as np
import pytest

from hwnas.archive import Archive
from hwnas.archive.records import SearchRecord
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result, Trial
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.selection.search_and_baseline import hypervolumes, judged_results, question_of, spread

OBJECTIVES = [Objective("accuracy", "max"), Objective("latency_ms", "min")]


def result(number: int, accuracy: float, latency_ms: float) -> Result:
    return Result(Trial(Architecture({"n": number})), {"accuracy": accuracy, "latency_ms": latency_ms})


def archive_of(runs: dict[str, list[Result]]) -> Archive:
    archive = Archive()
    for run, results in runs.items():
        archive.begin(run, SearchRecord(space="", objectives=[], strategy=run, seed=0, settings={}, provenance={}))
        archive.propose(run, 0, [result.trial for result in results])
        for answered in results:
            archive.add(answered)
    return archive


def test_the_box_is_that_of_all_results_and_each_run_fills_its_share() -> None:
    """Accuracies of 0.5 to 0.9 and latencies of 1 to 5 ms: a result half-way in both fills a quarter."""
    worst, corner, middle = result(0, 0.5, 5.0), result(1, 0.9, 5.0), result(2, 0.7, 3.0)
    fastest, better = result(3, 0.5, 1.0), result(4, 0.8, 3.0)
    archive = archive_of({"a": [worst, middle, better], "b": [corner, fastest]})
    found = hypervolumes(archive, OBJECTIVES, {"surrogate": "a", "random": "b"})
    assert found["surrogate"] == [(1, 0.0), (2, pytest.approx(0.25)), (3, pytest.approx(0.75 * 0.5))]
    assert found["random"] == [(1, 0.0), (2, 0.0)]


def test_results_beyond_a_limit_neither_span_the_box_nor_fill_it() -> None:
    limited = [OBJECTIVES[0], Objective("latency_ms", "min", limit=5.0)]
    results = [result(0, 0.5, 1.0), result(1, 0.9, 5.0), result(2, 0.7, 3.0), result(3, 1.0, 50.0)]
    found = hypervolumes(archive_of({"a": results}), limited, {"a": "a"})
    assert found["a"][-1] == (4, pytest.approx(0.25))


def test_what_failed_is_not_judged() -> None:
    failed = Result(Trial(Architecture({"n": 9})), {}, error="out of memory")
    archive = archive_of({"a": [result(0, 0.5, 1.0), failed]})
    assert [r.trial.architecture["n"] for r in judged_results(archive)] == [0]


@pytest.mark.parametrize(
    ("most", "chosen"), [(1, [0]), (2, [0, 6]), (3, [0, 3, 6]), (4, [0, 2, 4, 6]), (9, [*range(7)])]
)
def test_finalists_are_both_ends_and_evenly_many_between(most: int, chosen: list[int]) -> None:
    results = [result(i, 0.5, 1.0 + i) for i in range(7)]
    mixed = [results[i] for i in np.random.default_rng(0).permutation(7)]
    assert [r.trial.architecture["n"] for r in spread(mixed, most)] == chosen


def test_another_limit_seed_or_number_of_evaluations_is_another_question() -> None:
    asked = question_of(Limits.of(max_latency_ms=2.0), 0, 24)
    assert asked == question_of(Limits.of(max_latency_ms=2.0), 0, 24)
    others = [(Limits.of(max_latency_ms=2.5), 0, 24), (Limits(), 0, 24), (Limits.of(max_latency_ms=2.0), 1, 24)]
    others += [(Limits.of(max_latency_ms=2.0), 0, 25), (Limits.of(max_latency_ms=2.0, worst_score=0.5), 0, 24)]
    assert len({asked, *(question_of(*other) for other in others)}) == 6
