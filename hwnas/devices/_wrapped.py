"""A device around another one: everything is the inner one's, until a method says otherwise."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from hwnas.contracts.device import Device, DeviceCard, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError
from hwnas.devices._facts import Examiner, Facts, Opener, OutputWatcher, told_by
from hwnas.devices._session import Operation
from hwnas.devices._shares import Shares, ShareWatcher


class WrappedDevice(Device, ShareWatcher, Examiner, Opener, OutputWatcher):
    """Answers as `device` does, and nothing where that one cannot."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def __repr__(self) -> str:
        return f"<device {self._device!r} inside>"

    def card(self) -> DeviceCard:
        return self._device.card()

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        yield from self._device.measure(models, reference, plan)

    def shares(self) -> Shares | None:
        return self._device.shares() if isinstance(self._device, ShareWatcher) else None

    def tells(self) -> frozenset[str]:
        return told_by(self._device)

    def examine(self, models: Sequence[Path]) -> Iterator[Facts]:
        """As `Examiner`; nothing when the device inside cannot tell."""
        if isinstance(self._device, Examiner):
            yield from self._device.examine(models)

    def operations(self, model: Path) -> list[Operation]:
        return operations_of(self._device, model)

    def not_finite(self, model: Path) -> list[str]:
        return not_finite_of(self._device, model)


def operations_of(device: Device, model: Path) -> list[Operation]:
    """What a run of a model on `device` consists of.

    Raises:
        DeviceError: the device cannot tell, or fails.
    """
    if not isinstance(device, Opener):
        raise DeviceError(
            f"{device.card().device} cannot tell what a run consists of; explain on a device that runs ONNX Runtime "
            "under Python, such as cpu."
        )
    return device.operations(model)


def not_finite_of(device: Device, model: Path) -> list[str]:
    """Names of a model's outputs with NaN or infinity on `device`, for made-up inputs.

    Raises:
        DeviceError: the device cannot tell, or fails.
    """
    if not isinstance(device, OutputWatcher):
        raise DeviceError(f"{device.card().device} cannot tell what a model gives; look at it on another device.")
    return device.not_finite(model)
