"""A device that is only remembered: it answers from a latency table, and cannot time anything, so it never does."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from hwnas.contracts.device import Device, DeviceCard, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError


class RecordedDevice(Device):
    """What a table says of a device.

    Args:
        path: of the latency table.
        card: who is behind its figures, and that they are from a table.
    """

    def __init__(self, path: Path, card: DeviceCard) -> None:
        self.path = path
        self._card = card

    def __repr__(self) -> str:
        return f"<device {self._card.device}>"

    def card(self) -> DeviceCard:
        return self._card

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:  # noqa: ARG002
        """Refuses.

        Raises:
            DeviceError: always.
        """
        raise DeviceError(
            f"{self._card.device} is a record of {self._card.settings['measured_on']} and cannot time a model; search "
            "with it, and time on the device itself."
        )
