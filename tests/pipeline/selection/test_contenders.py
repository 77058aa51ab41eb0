import shutil
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result, Trial
from hwnas.pipeline.selection.contenders import contenders, near_limit
from hwnas.pipeline.selection.keeping import WITH_ROOM, Keeping
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.study import silent
from tests.pipeline.conftest import reopened
from tests.plugged import Simulated

SLOW, MIDDLE, FAST = (Architecture({"width": width}) for width in (3, 2, 1))


def result(architecture: Architecture, score: float, latency_ms: float) -> Result:
    return Result(Trial(architecture), {"accuracy": score, "latency_ms": latency_ms})


def test_those_that_are_sure_to_keep_the_budget_come_by_what_is_expected_of_them() -> None:
    results = [result(FAST, 0.3, 0.5), result(SLOW, 0.9, 1.9), result(MIDDLE, 0.6, 1.0), result(MIDDLE, 0.6, 1.0)]
    objectives = [Objective("accuracy", "max", limit=0.95), Objective("latency_ms", "min", limit=2.0)]
    expected = np.array([0.35, 0.8, 0.55, 0.55])
    upper_ends_ms = np.array([0.6, 2.1, 1.2, 1.2])
    assert contenders(results, expected, upper_ends_ms, objectives) == [MIDDLE, FAST]
    assert contenders(results, expected, np.array([0.6, 1.95, 1.2, 1.2]), objectives) == [SLOW, MIDDLE, FAST]
    error = [Objective("accuracy", "min"), objectives[1]]
    assert contenders(results, expected, np.array([0.6, 1.95, 1.2, 1.2]), error) == [FAST, MIDDLE, SLOW]


def test_other_limits_are_kept_too() -> None:
    results = [result(FAST, 0.3, 0.5), result(SLOW, 0.9, 1.9)]
    results = [Result(r.trial, {**r.figures, "params": size}) for r, size in zip(results, (10.0, 90.0), strict=True)]
    objectives = [Objective("accuracy", "max"), Objective("latency_ms", "min"), Objective("params", "min", limit=50.0)]
    assert contenders(results, np.array([0.3, 0.9]), np.array([1.0, 1.0]), objectives) == [FAST]


def test_near_a_limit_are_those_a_little_above_it_too_the_best_first() -> None:
    results = [result(FAST, 0.3, 0.5), result(MIDDLE, 0.6, 1.9), result(SLOW, 0.9, 2.2), result(MIDDLE, 0.6, 1.9)]
    assert near_limit(results, 2.0, Objective("accuracy", "max")) == [SLOW, MIDDLE]
    assert near_limit(results, 2.0, Objective("accuracy", "min")) == [MIDDLE, SLOW]
    assert near_limit(results, 1.0, Objective("accuracy", "max")) == []


def test_one_that_is_predicted_within_the_limit_and_timed_beyond_it_is_not_healed(searched: Path) -> None:
    front = reopened(searched).front()
    limits = Limits.of(max_latency_ms=front.members[len(front.members) // 2].limited_ms * 1.01)
    limited = reopened(searched).search(16, limits, samples=24)
    before = Path(shutil.copytree(searched, searched.parent / "before"))
    first, *_ = reopened(before).contenders(limited, 3)
    chosen = reopened(searched, Simulated(slower={first.key: 3.0})).contenders(limited, 3)
    assert first not in chosen
    assert len(chosen) == 3


@pytest.mark.parametrize("count", [1, 3])
def test_one_of_them_keeps_the_limit_with_room_for_the_error_of_another_timing(searched: Path, count: int) -> None:
    study = reopened(searched)
    front = study.front()
    member = front.members[len(front.members) // 2]
    limited = study.search(16, Limits.of(max_latency_ms=member.limited_ms * 1.001), samples=24)  # it is just within
    keeping = Keeping(study.space, study.latencies, limited, silent)
    all_within = keeping([study.space.architecture(m.architecture) for m in limited.members])
    assert max(all_within.values()) > WITH_ROOM
    chosen = keeping(study.contenders(limited, count))
    assert len(chosen) == count
    assert min(chosen.values()) <= WITH_ROOM


def test_where_no_limit_is_on_the_latency_all_keep_it(searched: Path) -> None:
    study = reopened(searched)
    some = [study.space.smallest, study.space.largest]
    assert Keeping(study.space, study.latencies, study.front(), silent)(some) == dict.fromkeys(some, 0.0)


def test_nothing_is_timed_where_nothing_is_asked(searched: Path) -> None:
    study = reopened(searched)
    assert Keeping(study.space, study.latencies, study.front(), silent)([]) == {}
