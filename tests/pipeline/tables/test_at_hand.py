"""What the device says of its own old table, where it is at hand."""

import json
from pathlib import Path

import pytest

from hwnas.archive import Archive
from hwnas.contracts.errors import DeviceError
from hwnas.pipeline.predictions.from_table import predict_latencies
from hwnas.pipeline.study import silent
from hwnas.pipeline.tables import at_hand
from hwnas.pipeline.tables.at_hand import ask_canaries
from hwnas.pipeline.tables.time_architectures import profile_space
from hwnas.profiling.presets import find_preset
from hwnas.profiling.table import LatencyTable
from tests.pipeline.tables.test_reuse import Changed
from tests.plugged import Simulated, tiny_space


@pytest.fixture(scope="module")
def made() -> LatencyTable:
    with Archive(":memory:") as archive:
        table = profile_space(
            tiny_space(), Simulated(), archive, samples=24, preset=find_preset("rapid"), seed=0, progress=silent
        )
    return table.model_copy(update={"created": "2025-01-01T00:00:00+00:00"})


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered, and pauses take no time."""
    monkeypatch.setenv("HWNAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("hwnas.pipeline.tables.reuse.sleep", lambda _seconds: None)


def test_a_device_that_is_another_speed_now_has_its_predictions_at_that_speed(
    made: LatencyTable, tmp_path: Path
) -> None:
    path = tmp_path / "table.json"
    made.write(path)
    (tmp_path / "asked.json").write_text(json.dumps([made.rows[5].architecture]))
    at_its_speed = predict_latencies(path, tmp_path / "asked.json", device=Changed(speed=1.0))
    slower = predict_latencies(path, tmp_path / "asked.json", device=Changed(speed=1.2))
    assert "take 1.000 times as long now" in (at_its_speed.canaries or "")
    ratio = slower.guesses[0].latency_ms / at_its_speed.guesses[0].latency_ms
    assert slower.guesses[0].level.sessions == 1
    assert ratio == pytest.approx(1.0, abs=0.02)  # both were one session, whose fastest moment counts


def test_a_device_that_is_slower_from_the_first_moment_on_has_its_predictions_rescaled(
    made: LatencyTable, tmp_path: Path
) -> None:
    path = tmp_path / "table.json"
    made.write(path)
    (tmp_path / "asked.json").write_text(json.dumps([made.rows[5].architecture]))
    slower = predict_latencies(path, tmp_path / "asked.json", device=Changed(speed=1.2))
    assert "Rescaled by 1.2" in (slower.canaries or "")
    assert slower.guesses[0].latency_ms == pytest.approx(1.2 * made.rows[5].latency_ms, rel=0.1)
    assert LatencyTable.read(path) == made


def test_a_table_that_no_longer_holds_predicts_nothing(made: LatencyTable) -> None:
    moved = Simulated(slower={tiny_space().architecture(made.canaries[1].architecture).key: 1.5})
    with pytest.raises(DeviceError, match="no longer holds"):
        ask_canaries(made, tiny_space(), moved, silent)


def test_nothing_that_names_a_program_or_a_host_is_opened_on_a_tables_word(
    made: LatencyTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(text: str) -> Simulated:
        raise AssertionError(f"{text} was opened")

    monkeypatch.setattr(at_hand, "open_device", opened)
    for named in ("ssh://host", "cpu:python=/tmp/run"):
        table = made.model_copy(update={"device": made.device.__class__(**{**made.device.to_dict(), "device": named})})
        assert ask_canaries(table, tiny_space(), None, silent) is None
