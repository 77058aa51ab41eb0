"""What is timed of a device: finalists, and a model in the moment it is handed out."""

from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.level import Level
from hwnas.pipeline.latencies.timed import _promised
from hwnas.pipeline.selection.limits import Limits
from hwnas.profiling.estimate import Latency
from hwnas.profiling.moment import Moment
from hwnas.profiling.stopwatch import Profile
from hwnas.profiling.verdict import Verdict
from tests.pipeline.conftest import reopened
from tests.plugged import Metered, Simulated
from tests.profiling.test_verdict import CALM

LATENCY = Latency(0, 100.0, 96.0, 103.0, 10, 100, 0.01)


def test_models_are_examined_only_where_that_is_asked_for_and_the_device_tells(searched: Path) -> None:
    def found(device: Simulated, extra: list[str]) -> list[dict[str, float]]:
        study = reopened(searched, device)
        members = study.front().members[:2]
        paths = [searched / member.file for member in members]
        architectures = [study.space.architecture(member.architecture) for member in members]
        return study.latencies.finalists(architectures, paths, study.front().timed_beside, extra).extra

    sizes = [member.size_bytes for member in reopened(searched).front().members[:2]]
    assert found(Metered(), ["energy_mj"]) == [{"energy_mj": size / 1e4} for size in sizes]
    assert found(Metered(), []) == found(Simulated(), ["energy_mj"]) == [{}, {}]


def test_a_model_in_this_moment_has_what_is_limited(searched: Path) -> None:
    study = reopened(searched, Metered())
    member = study.front().members[0]
    architecture, path = study.space.architecture(member.architecture), searched / member.file
    now = study.latencies.now(architecture, path, study.front().timed_beside, Limits.of(max_energy_mj=1e3))
    assert now.extra == {"energy_mj": member.size_bytes / 1e4}
    assert now.keeps(Limits.of(max_energy_mj=1e3))
    assert not now.keeps(Limits.of(max_energy_mj=1e-3))
    with pytest.raises(InputError, match="does not tell load_ms"):
        study.latencies.now(architecture, path, study.front().timed_beside, Limits.of(max_load_ms=1.0))


def moment(slower: float, level: Level | None = None) -> Moment:
    return Moment(Profile((LATENCY,), CALM, (), Verdict("stable", ""), 0.0), slower, level or Level())


def test_a_latency_is_stated_at_the_baseline_speed_with_the_error_of_another_process() -> None:
    now = _promised(moment(1.05))
    assert now.latency.latency_ms == pytest.approx(100 / 1.05)
    high = now.latency.latency_ms + np.hypot(3 / 1.05, 0.0294 * 100 / 1.05)  # 1.96 x 1.5 % for another process
    assert now.latency.high_ms == pytest.approx(high)
    assert now.at_slowest_ms == pytest.approx(1.05 * high)  # the moment itself was one of the slow ones
    assert now.slower == 1.05


def test_a_moment_that_was_not_calm_says_nothing_of_the_slowest_speed() -> None:
    now = _promised(moment(1.5))
    assert now.at_slowest_ms == pytest.approx(now.latency.high_ms)
    assert now.slower == 1.5


def test_a_budget_is_kept_at_the_slowest_speed_remembered() -> None:
    now = _promised(moment(1.0, Level(3, 2.0, 1.0, 0.9, 1.2, (0.8, 1.25))))
    among_models = 100 + np.hypot(3.0, 2.94)
    assert now.at_slowest_ms == pytest.approx(1.2 * among_models)
    assert now.latency.high_ms == pytest.approx(100 * np.exp(np.hypot(np.log(1.25), np.log(among_models / 100))))
    assert now.slower == 1.0


def test_a_device_faster_than_its_baseline_is_not_called_slower() -> None:
    assert _promised(moment(0.9)).slower == 1.0
