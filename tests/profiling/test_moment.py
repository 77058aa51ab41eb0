"""What is said of one model now, by a device that is not always as fast as it can be."""

from pathlib import Path

import pytest

from hwnas.devices._int8 import Int8Device
from hwnas.profiling.moment import PAUSES, Moment, Patience, time_calmly
from hwnas.profiling.presets import find_preset
from hwnas.profiling.probe import write_probe
from hwnas.testing._models import write_chain
from tests.moody import Moody
from tests.plugged import BYTES_PER_MS

RAPID = find_preset("rapid")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered yet."""
    monkeypatch.setenv("HWNAS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "model.onnx", 20)


def true_ms(model: Path) -> float:
    return model.stat().st_size / BYTES_PER_MS


def test_on_a_new_device_what_is_seen_is_taken_for_the_baseline(model: Path) -> None:
    found = time_calmly(Moody(moods=[1.5]), model, model, RAPID)
    assert found.slower == 1
    assert found.calm
    assert found.at_baseline == found.seen
    assert found.seen.latency_ms == pytest.approx(1.5 * true_ms(model), rel=0.01)


def test_a_device_that_was_faster_is_waited_for(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    time_calmly(Moody(), model, model, RAPID)
    device = Moody(moods=[1.5, 1.4, 1.02, 1.5]).rest(monkeypatch)
    found = time_calmly(device, model, model, RAPID)
    assert device.pauses == 2
    assert found.calm
    assert found.slower == pytest.approx(1.02, rel=0.01)
    assert found.at_baseline.latency_ms == pytest.approx(true_ms(model), rel=0.02)


def test_another_model_tells_how_busy_it_is(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    time_calmly(Moody(), write_chain(tmp_path / "other.onnx", 300), model, RAPID)
    device = Moody(moods=[1.5]).rest(monkeypatch)
    found = time_calmly(device, model, model, RAPID)
    assert device.pauses == PAUSES
    assert not found.calm
    assert found.slower == pytest.approx(1.5, rel=0.02)
    assert found.seen.latency_ms == pytest.approx(1.5 * true_ms(model), rel=0.02)
    assert found.at_baseline.latency_ms == pytest.approx(true_ms(model), rel=0.02)


def test_a_moment_that_tells_enough_is_not_waited_beyond(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    time_calmly(Moody(), model, model, RAPID)
    device = Moody(moods=[1.5]).rest(monkeypatch)

    def tells(moment: Moment) -> bool:
        return moment.seen.latency_ms < 10 * true_ms(model)

    assert time_calmly(device, model, model, RAPID, tells=tells).slower == pytest.approx(1.5, rel=0.02)
    assert device.pauses == 0


def test_patience_is_for_all_models_together(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    time_calmly(Moody(), model, model, RAPID)
    device, patience = Moody(moods=[1.5]).rest(monkeypatch), Patience()
    for _ in range(3):
        assert time_calmly(device, model, model, RAPID, patience=patience).slower == pytest.approx(1.5, rel=0.02)
    assert device.pauses == PAUSES


def test_the_scale_of_an_earlier_session_is_kept(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Moody(moods=[1.5]).rest(monkeypatch)
    found = time_calmly(device, model, model, RAPID, reference_ms=true_ms(model))
    assert found.slower == pytest.approx(1.5, rel=0.01)
    assert found.at_baseline.latency_ms == pytest.approx(true_ms(model), rel=0.01)


def test_a_device_faster_than_in_the_earlier_session_is_calm(model: Path) -> None:
    found = time_calmly(Moody(moods=[0.8]), model, model, RAPID, reference_ms=true_ms(model))
    assert found.calm
    assert found.slower == pytest.approx(0.8, rel=0.01)
    assert found.at_baseline.latency_ms == pytest.approx(true_ms(model), rel=0.01)


def test_a_device_that_refuses_the_speed_probe_times_the_model_all_the_same(model: Path) -> None:
    for _ in range(2):
        found = time_calmly(Moody(picky=True), model, model, RAPID)
        assert found.slower == 1
        assert found.seen.latency_ms == pytest.approx(true_ms(model), rel=0.01)
    earlier = time_calmly(Moody(picky=True, moods=[1.05]), model, model, RAPID, reference_ms=true_ms(model))
    assert earlier.slower == pytest.approx(1.05, rel=0.01)


def test_the_speed_probe_is_the_same_file_whenever_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    assert write_probe(tmp_path).read_bytes() == write_probe(tmp_path / "again").read_bytes()


def test_a_device_in_int8_that_refuses_the_speed_probe_does_so_too(model: Path) -> None:
    found = time_calmly(Int8Device(Moody(picky=True)), model, model, RAPID)
    assert found.slower == 1
    assert found.seen.latency_ms > 0
