"""A device around another one answers as that one does, and says so where it cannot."""

from pathlib import Path

import pytest

from hwnas.contracts.device import TimingPlan
from hwnas.contracts.errors import DeviceError
from hwnas.devices._recorded import RecordedDevice
from hwnas.devices._strings import DeviceString
from hwnas.devices._wrapped import WrappedDevice, not_finite_of, operations_of
from hwnas.devices.cpu import cpu
from hwnas.testing._models import write_chain
from tests.plugged import Simulated

PLAN = TimingPlan(2, 1, 0.0)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "m.onnx", 2)


def test_card_and_timings_are_those_of_the_device_inside(model: Path) -> None:
    inner = Simulated()
    outer = WrappedDevice(inner)
    assert outer.card() == inner.card()
    assert list(outer.measure([model], model, PLAN)) == list(inner.measure([model], model, PLAN))


def test_what_the_device_inside_cannot_tell_is_not_told(model: Path) -> None:
    outer = WrappedDevice(Simulated())
    assert outer.shares() is None
    assert list(outer.examine([model])) == []
    with pytest.raises(DeviceError, match="simulated cannot tell what a run consists of"):
        outer.operations(model)
    with pytest.raises(DeviceError, match="simulated cannot tell what a model gives"):
        outer.not_finite(model)


def test_what_it_can_tell_is_passed_on(model: Path) -> None:
    device = cpu(DeviceString("cpu", "", {}))
    assert [part["kind"] for part in operations_of(WrappedDevice(device), model)] == ["MatMul", "MatMul"]
    assert not_finite_of(WrappedDevice(device), model) == []


def test_a_recorded_device_never_times(model: Path) -> None:
    card = Simulated().card()
    recorded = RecordedDevice(model, type(card)(**{**card.to_dict(), "settings": {"measured_on": "a board"}}))  # type: ignore[arg-type]
    with pytest.raises(DeviceError, match="simulated is a record of a board and cannot time a model"):
        recorded.measure([model], model, PLAN)
