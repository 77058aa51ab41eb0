"""What is timed of a device: finalists, and a model in the moment it is handed out."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.errors import DeviceError, InputError
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


def test_a_table_that_no_longer_holds_when_more_is_timed_is_timed_anew_by_the_next_call(
    searched: Path, tmp_path: Path
) -> None:
    shutil.copytree(searched, tmp_path / "run")
    study = reopened(tmp_path / "run")
    table = study.profile()
    timed = {study.space.architecture(row.architecture) for row in table.rows}
    drawn = map(study.space.decode, study.space.sample(100, np.random.default_rng(0)))
    more = [next(architecture for architecture in drawn if architecture not in timed)]
    first, *others = table.canaries
    doubled = {key: 2 * getattr(first, key) for key in ("start_ms", "middle_ms", "end_ms")}
    wrong = table.model_copy(update={"canaries": [first.model_copy(update=doubled), *others]})
    wrong.write(study.run.table_file(table.device.id))
    with pytest.raises(DeviceError, match=r"it no longer holds, profile again\. The same command does so"):
        study.latencies.extended(wrong, more)
    anew = study.profile()
    assert anew.verdict.state != "unusable"
    assert anew.canaries != wrong.canaries
    assert len(study.latencies.extended(anew, more).rows) == len(anew.rows) + 1
