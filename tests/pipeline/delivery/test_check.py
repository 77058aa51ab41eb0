"""A check on a machine that is slower than it has been: no silent pass, and no model blamed for the machine."""

from pathlib import Path

import pytest

from hwnas.contracts.errors import DeviceError
from hwnas.pipeline.delivery.check import check_model
from tests.devices.models import write_chain
from tests.moody import Moody
from tests.plugged import BYTES_PER_MS


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Checked once already, on the quiet machine."""
    monkeypatch.setenv("HWNAS_CACHE", str(tmp_path / "cache"))
    path = write_chain(tmp_path / "model.onnx", 20)
    assert check_model(path, Moody(), 1.02 * true_ms(path), "rapid").kept
    return path


def true_ms(model: Path) -> float:
    return model.stat().st_size / BYTES_PER_MS


def test_over_the_budget_only_because_the_machine_is_slow_is_the_machines_trouble(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Moody(moods=[1.4]).rest(monkeypatch)
    said = r"model\.onnx takes .* ms now, but the device is 1\.\d\d times slower than when quiet, .* check again\."
    with pytest.raises(DeviceError, match=said):
        check_model(model, device, 1.1 * true_ms(model), "rapid")
    assert device.pauses > 0


def test_a_quiet_moment_is_waited_for(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = check_model(model, Moody(moods=[1.4, 1.0]).rest(monkeypatch), 1.1 * true_ms(model), "rapid")
    assert found.kept
    assert found.slower < 1.02


def test_a_budget_kept_even_on_the_slow_machine_is_kept(model: Path) -> None:
    found = check_model(model, Moody(moods=[1.4]), 1.5 * true_ms(model), "rapid")
    assert found.kept
    assert found.slower == pytest.approx(1.4, rel=0.02)
    assert found.latency_ms == pytest.approx(true_ms(model), rel=0.02)


def test_a_slow_machine_is_no_excuse_for_a_model_too_slow_for_the_quiet_one(model: Path) -> None:
    found = check_model(model, Moody(moods=[1.4]), 0.9 * true_ms(model), "rapid")
    assert not found.kept
    assert "over its budget" in found.broken[0]


def test_far_slower_than_a_baseline_is_believed_on_a_busy_machine(model: Path, tmp_path: Path) -> None:
    fast = write_chain(tmp_path / "fast.onnx", 1)
    slow = write_chain(tmp_path / "slow.onnx", 3000)
    found = check_model(slow, Moody(others_busy=1.0), 1e6, "rapid", baseline=fast)
    assert found.verdict == "unusable"
    assert "times as long as" in found.broken[0]
    twin = fast.rename(tmp_path / "twin.onnx")
    with pytest.raises(DeviceError, match="may be the machine's doing"):
        check_model(model, Moody(others_busy=1.0), true_ms(model) * 0.9, "rapid", baseline=twin)
