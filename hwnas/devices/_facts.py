"""Figures of a model beside its median latency, from devices that can tell them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hwnas.devices._session import Operation


@dataclass(frozen=True)
class Facts:
    """Of one model.

    Args:
        file_bytes: size of its file.
        load_ms: time to make it ready to run, in a process that has the runtime.
        peak_memory_bytes: most that loading and running it adds to a process that has the runtime.
        p95: 95th percentile of the wall time of single runs, as a multiple of their median,
        p99: 99th percentile likewise.
    """

    file_bytes: int
    load_ms: float
    peak_memory_bytes: int
    p95: float
    p99: float


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
    def examine(self, models: Sequence[Path]) -> Iterator[Facts]:
        """One per model, in order.

        Raises:
            DeviceError: the device cannot be used, or refuses a model (named in the message).
        """
