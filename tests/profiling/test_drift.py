from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from hwnas.contracts.level import Level
from hwnas.profiling.drift import Drift, find_drift, is_old, rescale
from hwnas.profiling.estimate import Latency
from hwnas.profiling.table import LatencyTable
from tests.profiling.test_table import make


@pytest.fixture
def table() -> LatencyTable:
    """With three canaries of 1, 2 and 4 ms."""
    first = make()
    canary = first.canaries[0]
    rows = [canary.model_copy(update=dict.fromkeys(("start_ms", "middle_ms", "end_ms"), ms)) for ms in (1.0, 2.0, 4.0)]
    return first.model_copy(update={"canaries": rows})


def at(speed: float) -> Level:
    return Level(latest=speed, fastest=speed, slowest=speed)


def found(table: LatencyTable, factors: tuple[float, float, float], level: Level) -> Drift:
    """Canaries that moved by `factors` against the reference."""
    again = [
        Latency(i, ms * factor, ms, ms * 2, 5, 50, 0.01)
        for i, (ms, factor) in enumerate(zip((1.0, 2.0, 4.0), factors, strict=True))
    ]
    return find_drift(table, again, level)


def test_a_table_whose_canaries_agree_is_accepted(table: LatencyTable) -> None:
    kept = found(table, (1.01, 0.99, 1.0), at(1.03))
    assert (kept.state, kept.factor) == ("accepted", 1.0)


def test_a_device_that_changed_its_speed_has_its_table_rescaled_which_then_says_so(table: LatencyTable) -> None:
    drift = found(table, (1.0, 1.0, 1.0), at(1.3))
    assert drift.state == "rescaled"
    new = rescale(table, drift)
    old_ms, new_ms = (np.array([row.latency_ms for row in t.rows]) for t in (table, new))
    assert new_ms == pytest.approx(1.3 * old_ms)
    assert new.rows[0].latency_ms_interval[1] == pytest.approx(1.3 * table.rows[0].latency_ms_interval[1])
    assert new.protocol.reference_ms == pytest.approx(1.3 * table.protocol.reference_ms)
    assert new.canaries[2].end_ms == pytest.approx(1.3 * 4)
    assert new.canaries[2].drift == table.canaries[2].drift
    assert "Rescaled by 1.300" in new.verdict.advice
    assert new.protocol.level == at(1.0)
    assert not is_old(new)
    assert LatencyTable.model_validate_json(new.model_dump_json()) == new


@pytest.mark.parametrize(("speed", "state"), [(1.049, "accepted"), (1.06, "rescaled"), (1 / 1.06, "rescaled")])
def test_one_session_rescales_beyond_what_calm_moments_differ_by(table: LatencyTable, speed: float, state: str) -> None:
    assert found(table, (1.0, 1.0, 1.0), at(speed)).state == state


@pytest.mark.parametrize(("slow", "state"), [(1.0, "accepted"), (1.2, "rescaled")])
def test_a_table_stays_while_its_speed_is_one_that_the_device_has_between_sessions(
    table: LatencyTable, slow: float, state: str
) -> None:
    level = Level(5, 9.0, 1.1 * slow, slow, 1.2 * slow, (0.97 * slow, 1.25 * slow))
    drift = found(table, (1.0, 1.0, 1.0), level)
    assert drift.state == state
    assert f"take {1.1 * slow:.3f} times as long now" in drift.words


def test_what_the_canaries_moved_by_all_alike_is_in_the_level(table: LatencyTable) -> None:
    drift = found(table, (1.1, 1.1, 1.1), at(1.02))
    assert drift.level.latest == pytest.approx(1.122)
    assert (drift.state, drift.factor) == ("rescaled", pytest.approx(1.122))


@pytest.mark.parametrize(
    ("factors", "speed", "words"),
    [((1.0, 1.3, 1.0), 1.0, "30% against one another"), ((1.0, 1.0, 1.0), 2.5, "2.5 times as long")],
)
def test_a_device_of_another_character_or_far_speed_has_its_table_refused(
    table: LatencyTable, factors: tuple[float, float, float], speed: float, words: str
) -> None:
    drift = found(table, factors, at(speed))
    assert drift.state == "refused"
    assert words in drift.words


def test_a_table_is_old_after_a_day_or_without_a_readable_date(table: LatencyTable) -> None:
    now = datetime(2030, 1, 2, tzinfo=UTC)
    dated = [(now - timedelta(hours=h)).isoformat() for h in (1, 25, -1)]
    assert [is_old(table.model_copy(update={"created": when}), now) for when in [*dated, "", "2030-01-02"]] == [
        False, True, True, True, True,
    ]  # fmt: skip
