"""Figures of a model beside its median latency, from devices that can tell them."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hwnas.contracts.device import Device
from hwnas.contracts.errors import DeviceError, quoted
from hwnas.contracts.figures import EXTRA
from hwnas.devices._session import Operation


@dataclass(frozen=True)
class Facts:
    """Of one model.

    Args:
        file_bytes: size of its file.
        extra: some of `hwnas.contracts.figures.EXTRA` by name: percentiles of the wall time of single runs as multiples
            of its median; the time to make it ready to run, and the most memory that loading and running it adds, in a
            process that has the runtime.

    Raises:
        DeviceError: a figure is not declared, or is no number from zero on.
    """

    file_bytes: int
    extra: Mapping[str, float]

    def __post_init__(self) -> None:
        for name, value in self.extra.items():
            if name not in EXTRA or not 0 <= value < math.inf:
                raise DeviceError(
                    f"A device tells {', '.join(EXTRA)} of a model, each a number from zero on, got {quoted(name)} = "
                    f"{quoted(value)}; mend the device."
                )

    def at(self, latency_ms: float) -> dict[str, float]:
        """The figures of a model with this median latency."""
        return {
            name: float(value) * (latency_ms if EXTRA[name].times_latency else 1.0)
            for name, value in self.extra.items()
        }


class Opener(ABC):
    """A device that can look inside a run."""

    @abstractmethod
    def operations(self, model: Path) -> list[Operation]:
        """What a run of a model consists of; raises as `Examiner.examine`."""


class OutputWatcher(ABC):
    """A device that can look at what a model gives."""

    @abstractmethod
    def not_finite(self, model: Path) -> list[str]:
        """Names of the outputs with NaN or infinity for made-up inputs; raises as `Examiner.examine`."""


class Examiner(ABC):
    """A device that can tell such figures; what `measure` has no place for."""

    @abstractmethod
    def tells(self) -> frozenset[str]:
        """Names of the figures it can tell now, of `hwnas.contracts.figures.EXTRA`; raises as `Device.card`."""

    @abstractmethod
    def examine(self, models: Sequence[Path]) -> Iterator[Facts]:
        """One per model, in order.

        Raises:
            DeviceError: the device cannot be used, or refuses a model (named in the message).
        """


def told_by(device: Device) -> frozenset[str]:
    """Names of the figures beside latencies that a device can tell; raises as `Device.card`."""
    return device.tells() if isinstance(device, Examiner) else frozenset()
