"""What is remembered of a device, and what follows for the next session."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import exp, log, sqrt
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.level import Level
from hwnas.profiling.speeds import SESSIONS, USUAL_SPREAD, SpeedRecord, next_session
from tests.profiling.simulated import CARD

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"a model")
    return path


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    path = tmp_path / "probe.onnx"
    path.write_bytes(b"a probe")
    return path


@pytest.fixture
def record(tmp_path: Path) -> SpeedRecord:
    return SpeedRecord(CARD, tmp_path / "cache")


def hour(n: float) -> datetime:
    return NOON + timedelta(hours=n)


def test_of_a_new_device_nothing_is_known_and_it_is_said(record: SpeedRecord, model: Path) -> None:
    assert record.baseline_ms(model) is None
    assert record.level([model], 2.0) == Level()
    assert "is unknown, for one session" in Level().words()


def test_after_one_session_the_level_is_unknown(record: SpeedRecord, model: Path) -> None:
    record.keep({model: 2.0}, when=hour(0))
    level = record.level([model], 2.0)
    assert (level.sessions, level.next_session) == (1, None)
    assert level.next_time(1.0, 0.9, 1.1) == (0.9, 1.1)


def test_the_baseline_is_the_geometric_mean_of_sessions_and_the_level_says_how_they_differ(
    record: SpeedRecord, model: Path
) -> None:
    for n, ms in enumerate((3.78, 3.81, 3.43, 3.43)):
        record.keep({model: ms}, when=hour(n / 2))
    middle = (3.78 * 3.81 * 3.43 * 3.43) ** 0.25
    assert record.baseline_ms(model) == pytest.approx(middle)
    level = record.level([model], middle)
    assert (level.sessions, level.hours) == (4, 1.5)
    assert (level.fastest, level.slowest) == (pytest.approx(3.43 / middle), pytest.approx(3.81 / middle))
    assert level.latest == pytest.approx(3.43 / middle)
    assert level.next_session is not None
    assert level.next_session[0] < level.fastest < level.slowest < level.next_session[1]
    assert "in 4 sessions over 1.5 h" in level.words()


def test_the_next_session_is_predicted_by_students_t() -> None:
    logs = [log(1.0), log(1.1), log(0.95)]
    mean = sum(logs) / 3
    spread = sqrt((USUAL_SPREAD**2 + sum((x - mean) ** 2 for x in logs)) / 3)
    reach = 3.182446 * spread * sqrt(1 + 1 / 3)  # t of 3 degrees of freedom, 97.5 %
    found = next_session(np.exp(logs))
    assert found == (pytest.approx(exp(mean - reach), rel=1e-6), pytest.approx(exp(mean + reach), rel=1e-6))


@pytest.mark.parametrize("spread", [0.03, 0.06])
def test_the_next_session_is_inside_about_as_often_as_is_said(spread: float) -> None:
    rng, held = np.random.default_rng(0), []
    for _ in range(400):
        *known, following = np.exp(rng.normal(0, spread, 6))
        low, high = next_session(np.array(known)) or (0, 0)
        held.append(low <= following <= high)
    assert 0.91 <= np.mean(held) <= 0.985


def test_moments_of_one_session_count_once_by_the_fastest(record: SpeedRecord, model: Path) -> None:
    for ms, minutes in ((2.2, 0), (2.0, 5), (2.4, 9.9)):
        record.keep({model: ms}, when=NOON + timedelta(minutes=minutes))
    assert record.baseline_ms(model) == 2.0
    record.keep({model: 2.4}, when=NOON + timedelta(minutes=10))
    assert record.level([model], 2.0).sessions == 2


def test_sessions_beside_other_work_count_only_where_there_are_no_others(record: SpeedRecord, model: Path) -> None:
    record.keep({model: 3.0}, others_busy=0.9, when=hour(0))
    assert record.baseline_ms(model) == 3.0
    assert not record.ever_calm(model)
    record.keep({model: 2.0}, others_busy=0.2, when=hour(1))
    record.keep({model: 2.9}, others_busy=0.3, when=hour(2))
    assert record.ever_calm(model)
    assert record.baseline_ms(model) == 2.0
    level = record.level([model], 2.0)
    assert (level.sessions, level.slowest, level.latest) == (1, 1.0, 2.9 / 2.0)


def test_sessions_that_were_all_beside_other_work_do_not_tell_the_next_ones_speed(
    record: SpeedRecord, model: Path, probe: Path
) -> None:
    for n, ms in enumerate((3.0, 3.1, 2.9)):
        record.keep({model: ms, probe: ms / 3}, others_busy=1.7, when=hour(n))
    level = record.level([model, probe], 3.0)
    assert (level.sessions, level.next_session, level.beside_others) == (3, None, True)
    assert "is unknown, for no session without other work is remembered" in level.words()
    record.keep({probe: 0.9}, others_busy=0.0, when=hour(4))
    record.keep({probe: 0.92}, others_busy=0.0, when=hour(5))
    level = record.level([model, probe], 3.0)
    assert (level.sessions, level.beside_others) == (2, False)
    assert level.slowest == pytest.approx(0.92)
    assert level.next_session == pytest.approx(next_session(np.array([0.9, 0.92])))


def test_a_calm_moment_replaces_a_busy_one_of_the_same_session(record: SpeedRecord, model: Path) -> None:
    record.keep({model: 1.9}, others_busy=0.9, when=hour(0))
    record.keep({model: 2.0}, others_busy=0.0, when=hour(0.1))
    record.keep({model: 1.8}, others_busy=0.9, when=hour(0.15))
    assert record.baseline_ms(model) == 2.0
    assert record.ever_calm(model)


def test_the_probe_tells_of_sessions_that_were_about_other_models(
    record: SpeedRecord, model: Path, probe: Path
) -> None:
    record.keep({probe: 0.9}, when=hour(0))
    record.keep({probe: 1.2}, when=hour(1))
    record.keep({model: 4.0, probe: 1.0}, when=hour(2))
    level = record.level([model, probe], 4.0)
    assert level.sessions == 3
    assert (level.fastest, level.slowest, level.latest) == pytest.approx((0.9, 1.2, 1.0))
    assert record.level([model], 4.0).sessions == 1


def test_of_a_session_with_both_the_models_own_time_counts_and_not_the_probes(
    record: SpeedRecord, model: Path, probe: Path
) -> None:
    record.keep({model: 4.0, probe: 1.0}, when=hour(0))
    record.keep({model: 4.4, probe: 1.3}, when=hour(1))
    level = record.level([model, probe], 4.0)
    assert (level.fastest, level.slowest, level.latest) == pytest.approx((1.0, 1.1, 1.1))


def test_the_baseline_counts_a_session_that_is_not_kept_yet(record: SpeedRecord, model: Path) -> None:
    assert record.baseline_with(model)(2.5, None) == 2.5
    record.keep({model: 2.0}, when=hour(0))
    assert record.baseline_with(model)(2.42, 0.1) == pytest.approx(2.2)
    assert record.baseline_with(model)(3.9, 2.0) == 2.0
    assert record.baseline_ms(model) == 2.0


def test_what_is_twice_as_fast_is_a_fault_or_another_machine(record: SpeedRecord, model: Path) -> None:
    for n, ms in enumerate((2.0, 0.01, 2.0, 4.1)):
        record.keep({model: ms}, when=hour(n))
    assert record.baseline_ms(model) == 2.0


def test_the_oldest_sessions_are_forgotten(record: SpeedRecord, model: Path) -> None:
    record.keep({model: 3.0}, when=hour(0))
    for n in range(SESSIONS):
        record.keep({model: 2.0}, when=hour(n + 1))
    assert record.level([model], 2.0).slowest == 1.0


def test_a_broken_or_unwritable_record_is_none(record: SpeedRecord, model: Path) -> None:
    record.path.parent.mkdir()
    record.path.write_text("{")
    assert record.baseline_ms(model) is None
    record.path.unlink()
    record.path.mkdir()
    record.keep({model: 2.0})
    assert record.baseline_ms(model) is None


def test_another_moment_of_the_latest_session_leaves_the_earlier_ones(record: SpeedRecord, model: Path) -> None:
    for ms, when in ((2.0, hour(0)), (3.0, hour(1)), (2.5, hour(1) + timedelta(minutes=5))):
        record.keep({model: ms}, when=when)
    assert record.level([model], 2.0).sessions == 2
    assert record.baseline_ms(model) == pytest.approx(sqrt(2.0 * 2.5))


def test_where_the_clock_was_set_back_it_is_another_session(record: SpeedRecord, model: Path) -> None:
    record.keep({model: 2.0}, when=hour(1))
    record.keep({model: 3.0}, when=hour(0.95))
    assert record.baseline_ms(model) == pytest.approx(sqrt(2.0 * 3.0))


def test_twice_the_median_is_still_this_machine_and_more_is_not(record: SpeedRecord, model: Path) -> None:
    for n, ms in enumerate((1.0, 1.0, 1.0, 2.0, 2.01)):
        record.keep({model: ms}, when=hour(n))
    assert record.baseline_ms(model) == pytest.approx(2.0**0.25)


def test_a_model_that_was_in_no_session_tells_nothing_and_the_others_do(
    record: SpeedRecord, model: Path, probe: Path
) -> None:
    record.keep({model: 2.0}, when=hour(0))
    record.keep({model: 2.2}, when=hour(1))
    assert record.level([model, probe], 2.0) == record.level([model], 2.0)
    assert record.level([model, probe], 2.0).slowest == pytest.approx(1.1)


def test_no_more_than_sixty_four_sessions_are_kept_the_latest(record: SpeedRecord, model: Path) -> None:
    for n in range(66):
        record.keep({model: 2.0 if n < 2 else 1.5}, when=hour(n))
    level = record.level([model], 1.5)
    assert (level.sessions, level.hours, level.slowest) == (64, 63.0, 1.0)


@pytest.mark.parametrize("speed", ["0.0", "-1.0", "1e999"])
def test_a_record_with_a_speed_that_cannot_be_is_not_read(record: SpeedRecord, model: Path, speed: str) -> None:
    record.keep({model: 2.0}, when=hour(0))
    record.path.write_text(record.path.read_text().replace("2.0", speed))
    assert record.baseline_ms(model) is None


def test_records_are_kept_in_the_cache_folder_one_for_each_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    monkeypatch.setenv("HWNAS_CACHE", str(tmp_path))
    assert SpeedRecord(CARD).path == tmp_path / "speeds" / f"{CARD.id}.json"
    virtual = replace(CARD, settings={"virtual_machine": "yes"})
    assert SpeedRecord(virtual).level([model], 1.0).virtual_machine is True
    assert SpeedRecord(CARD).level([model], 1.0).virtual_machine is None
