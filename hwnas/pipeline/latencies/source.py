"""Where latencies come from, decided once, when a study is opened: from timing a device, or from a table of one."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.figures import EXTRA, FIGURES, LATENCY
from hwnas.contracts.level import Level
from hwnas.contracts.reference import Reference
from hwnas.pipeline.selection.limits import Limits
from hwnas.profiling.estimate import Latency
from hwnas.profiling.table import LatencyTable
from hwnas.profiling.verdict import Verdict


@dataclass(frozen=True)
class Timed:
    """Several models: latencies at the speed that those of the table are stated at, in order.

    Args:
        latencies: with the interval of one session.
        extra: what the device tells beside each, where that was asked for.
        level: what is known of the device's speeds.
        verdict: how far the timing can be trusted; None where nothing was timed.
    """

    latencies: list[Latency]
    extra: list[dict[str, float]]
    level: Level
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Now:
    """One model in this moment: its latency, and what the device told beside it.

    Args:
        latency: at the speed that the front's latencies are stated at, with the interval of another session.
        at_slowest_ms: upper end of the latency at the slowest speed remembered of the device.
        level: what is known of its speeds.
        slower: times slower than the stated speed that the device was.
        extra: what the device told beside it, where that is limited.
    """

    latency: Latency
    at_slowest_ms: float
    level: Level
    slower: float = 1.0
    extra: Mapping[str, float] = field(default_factory=dict)

    def keeps(self, limits: Limits) -> bool:
        """Whether all limits on what was measured are kept, that on the latency at the slowest speed remembered."""
        figures = {**self.extra, LATENCY.name: self.at_slowest_ms}
        return all(f.keeps(figures[f.name], limits.bounds.get(f.name)) for f in FIGURES if f.name in figures)


class LatencySource(ABC):
    """The latencies of a space's architectures on one device."""

    @abstractmethod
    def tells(self) -> frozenset[str]:
        """Names of what it tells of a model beside its latency, of `hwnas.contracts.figures.EXTRA`.

        Raises:
            DeviceError: the device fails.
            InputError: the table is of another space, or broken.
        """

    @abstractmethod
    def known(self, samples: int) -> LatencyTable | None:
        """The table that `table` would begin with, unchecked; None: it would measure one."""

    @abstractmethod
    def table(self, samples: int, extra: Iterable[str] = ()) -> LatencyTable:
        """The latency table that a search relies on, with so many architectures and with these columns, kept in the
        run's folder.

        Raises:
            DeviceError: the device fails, or the machine is too busy for usable figures.
            InputError: the table is of another space, or broken.
        """

    @abstractmethod
    def extended(self, table: LatencyTable, architectures: Sequence[Architecture]) -> LatencyTable:
        """That table, of `table`, with rows for those too, kept in the run's folder; as it is where nothing is timed.

        Raises:
            DeviceError: the device fails, or is too busy for usable figures.
        """

    @abstractmethod
    def finalists(
        self, architectures: Sequence[Architecture], paths: Sequence[Path], reference: Reference, extra: Iterable[str]
    ) -> Timed:
        """What was found, written at `paths`, beside a table's reference, with those extra figures.

        Raises:
            DeviceError: the device fails, or is too busy for usable figures.
        """

    @abstractmethod
    def now(self, architecture: Architecture, path: Path, reference: Reference, limits: Limits) -> Now:
        """The model at `path` of an architecture in this moment, with those extra figures that are limited.

        Raises:
            InputError: a figure is limited that the device does not tell.
            DeviceError: the device fails.
        """

    @abstractmethod
    def of_other_model(self, architecture: Architecture, path: Path, reference: Reference) -> Now | None:
        """As `now`, for another model than that of the architecture, such as its INT8 version; None where only a device
        that is timed could tell.
        """

    def refuse_untold(self, device: str, columns: Iterable[str]) -> None:
        """Is a figure limited, or an objective, that `device` cannot tell?

        Raises:
            InputError: it is.
        """
        wanted = list(columns)
        told = self.tells() if wanted else frozenset[str]()
        if missing := [name for name in wanted if name not in told]:
            listed = ", ".join(f"{name} ({EXTRA[name].what})" for name in missing)
            there = f"it tells {', '.join(sorted(told))}" if told else "it tells latencies only"
            raise InputError(f"Device {device} does not tell {listed}; {there}, so leave that out.")
