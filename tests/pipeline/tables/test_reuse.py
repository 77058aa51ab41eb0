import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hwnas.archive import Archive
from hwnas.contracts.device import DeviceCard, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError
from hwnas.pipeline.study import silent
from hwnas.pipeline.tables import reuse
from hwnas.pipeline.tables.extend import extend, next_genomes
from hwnas.pipeline.tables.reuse import known_table
from hwnas.pipeline.tables.time_architectures import profile_space
from hwnas.profiling.presets import find_preset
from hwnas.profiling.table import LatencyTable
from hwnas.spaces.mobilenetv3 import mobilenetv3
from tests.plugged import Simulated, tiny_space
from tests.small_spaces import SMALL

SAMPLES = 6


@dataclass
class Changed(Simulated):
    """A device that runs everything, the reference too, so many times as long."""

    speed: float = 1.0

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        for t in super().measure(models, reference, plan):
            own, beside = t.wall_ms * self.speed, t.reference_wall_ms * self.speed
            yield replace(t, wall_ms=own, cpu_ms=own, reference_wall_ms=beside, reference_cpu_ms=beside)


def profiled(archive: Archive, device: Simulated, *, refused: str | None = None) -> LatencyTable:
    return profile_space(
        tiny_space(), device, archive, samples=SAMPLES, preset=find_preset("rapid"), seed=0, progress=silent,
        refused=refused,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of its own, since what is remembered of the device matters; and pauses take no time."""
    monkeypatch.setenv("HWNAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(reuse, "sleep", lambda _seconds: None)
    return tmp_path / "cache"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A table of last year."""
    with Archive(":memory:") as archive:
        table = profiled(archive, Simulated())
    file = tmp_path / "table.json"
    table.model_copy(update={"created": "2025-01-01T00:00:00+00:00"}).write(file)
    return file


@pytest.fixture
def other(path: Path) -> Simulated:
    """A device of which one canary says that the table no longer holds."""
    slow = json.loads(path.read_text())["canaries"][1]["architecture"]
    return Simulated(slower={tiny_space().architecture(slow).key: 1.5})


def known(path: Path, device: Simulated, samples: int = SAMPLES) -> tuple[LatencyTable | None, str | None]:
    return known_table(path, tiny_space(), device, samples, silent)


def test_an_old_table_whose_canaries_agree_is_used_as_it_is(path: Path) -> None:
    before, device = path.read_text(), Simulated()
    table, refused = known(path, device)
    assert table == LatencyTable.read(path)
    assert path.read_text() == before
    assert refused is None
    assert len(set(device.timed) - {"probe"}) == 3


def test_a_young_table_is_not_checked(path: Path) -> None:
    with Archive(":memory:") as archive:
        profiled(archive, Simulated()).write(path)
    device = Simulated()
    assert known(path, device)[0] == LatencyTable.read(path)
    assert device.timed == []


@pytest.mark.parametrize("speed", [1.2, 0.8])
def test_a_table_of_a_device_that_changed_its_speed_is_rescaled_and_kept_so(
    path: Path, cache: Path, speed: float
) -> None:
    shutil.rmtree(cache)
    before = LatencyTable.read(path)
    table, _ = known(path, Changed(speed=speed))
    assert table is not None
    assert table.rows[3].latency_ms == pytest.approx(speed * before.rows[3].latency_ms, rel=0.02)
    assert f"Rescaled by {speed}" in table.verdict.advice
    assert LatencyTable.read(path) == table


def test_a_slow_moment_of_a_device_that_has_been_faster_rescales_nothing(path: Path) -> None:
    before = path.read_text()
    assert known(path, Changed(speed=1.3))[0] == LatencyTable.read(path)
    assert path.read_text() == before


def test_where_nothing_is_remembered_of_the_device_the_fastest_of_some_moments_counts(
    path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(cache)
    device, before = Changed(speed=1.3), path.read_text()

    def calm(_seconds: float) -> None:
        device.speed = 1.0 if device.timed else device.speed

    monkeypatch.setattr(reuse, "sleep", calm)
    assert known(path, device)[0] == LatencyTable.read(path)
    assert path.read_text() == before


def test_a_table_that_cannot_be_checked_now_is_kept_and_not_used(path: Path) -> None:
    before = path.read_text()
    with pytest.raises(DeviceError, match="still holds cannot be told now, and it is kept: Other work"):
        known(path, Simulated(others_busy=2.0))
    assert path.read_text() == before


def test_a_table_that_no_longer_holds_is_refused_and_its_session_not_used_again(path: Path, other: Simulated) -> None:
    table, refused = known(path, other)
    assert table is None
    assert refused
    assert path.exists()
    with Archive(":memory:") as archive:
        profiled(archive, Simulated())
        other.timed.clear()
        profiled(archive, other, refused=refused)
        assert other.timed
        other.timed.clear()
        profiled(archive, other)
        assert other.timed == []


def test_profiling_anew_goes_on_after_a_kill(path: Path, other: Simulated) -> None:
    _, refused = known(path, other)
    with Archive(":memory:") as archive:
        profiled(archive, Simulated())
        other.timed.clear()
        profiled(archive, other, refused=refused)
        whole = len(other.timed)
        other.timed.clear()
        profiled(archive, other, refused=refused)  # the table is still there where the call before was killed
        assert not other.timed
    assert whole


def test_timings_of_a_space_are_not_taken_for_those_of_another_with_the_same_choices() -> None:
    device = Simulated()
    larger = mobilenetv3(**{**SMALL["mobilenetv3"], "input_shape": (2, 16, 16)})
    with Archive(":memory:") as archive:
        profiled(archive, device)
        device.timed.clear()
        profile_space(larger, device, archive, samples=SAMPLES, preset=find_preset("rapid"), seed=0, progress=silent)
    assert device.timed


def test_a_session_that_other_work_spoilt_stays_so_when_a_killed_call_goes_on() -> None:
    class Killed(Simulated):
        def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
            for timing in super().measure(models, reference, plan):
                if len(self.timed) > 20:
                    raise KeyboardInterrupt
                yield timing

    with Archive(":memory:") as archive:
        with pytest.raises(KeyboardInterrupt):
            profiled(archive, Killed(others_busy=3.0))
        table = profiled(archive, Simulated(others_busy=0.0))
    assert table.verdict.state == "unusable"
    assert 0.5 < (table.protocol.others_busy or 0.0) < 3.0


def test_a_table_with_too_few_rows_is_not_enough(path: Path) -> None:
    assert known(path, Simulated(), SAMPLES + 1) == (None, None)


def test_rows_that_other_work_spoilt_are_not_added_to_a_table_and_timed_anew_next_time(path: Path) -> None:
    table = LatencyTable.read(path)
    new = next_genomes(table, tiny_space(), 3)
    with Archive(":memory:") as archive:
        with pytest.raises(DeviceError, match="Other work"):
            extend(table, tiny_space(), Simulated(others_busy=3.0), archive, new, silent)
        device = Simulated()
        longer = extend(table, tiny_space(), device, archive, new, silent)
    assert device.timed
    assert len(longer.rows) == len(table.rows) + 3


def test_a_first_table_made_beside_other_work_says_that_all_of_it_may_be_too_long(cache: Path) -> None:
    words = "Nothing is remembered of this device when idle"

    class Roomy(Simulated):
        def card(self) -> DeviceCard:
            return replace(super().card(), cores=4)

    busy = Roomy(others_busy=1.0)
    with Archive(":memory:") as archive:
        first = profiled(archive, busy)
    with Archive(":memory:") as archive:
        second = profiled(archive, busy)
    shutil.rmtree(cache)
    with Archive(":memory:") as archive:
        idle = profiled(archive, Roomy(others_busy=0.1))
    assert [words in table.verdict.advice for table in (first, second, idle)] == [True, True, False]
    assert first.verdict.state == "noisy"


def test_a_table_is_checked_and_extended_beside_the_reference_that_it_names(path: Path) -> None:
    table, space = LatencyTable.read(path), tiny_space()
    new = next_genomes(table, space, 3)
    with Archive(":memory:") as archive:
        extended = extend(table, space, Simulated(), archive, new, silent)
    largest = next(row for row in table.rows if space.architecture(row.architecture) == space.largest)
    beside = {"reference": dict(space.largest), "reference_ms": largest.latency_ms}
    other = table.model_copy(update={"protocol": table.protocol.model_copy(update=beside)})
    other.write(path)
    assert known(path, Simulated())[0] == other
    with Archive(":memory:") as archive:
        longer = extend(other, space, Simulated(), archive, new, silent)
    for row, as_before in zip(longer.rows, extended.rows, strict=True):
        assert row.latency_ms == pytest.approx(as_before.latency_ms, rel=0.01)
