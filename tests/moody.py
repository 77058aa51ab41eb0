"""A device that changes its speed while nobody looks: between the moments in which it is timed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from hwnas.contracts.device import Timing, TimingPlan
from hwnas.contracts.errors import DeviceError
from tests.plugged import Simulated


@dataclass
class Moody(Simulated):
    """Args: how many times slower than when idle it is, in moment after moment, the last for good; whether it refuses
    what it does not know.
    """

    moods: list[float] = field(default_factory=lambda: [1.0])
    picky: bool = False
    pauses: int = 0

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        for model in models:
            if self.picky and model.stem == "probe":
                raise DeviceError(f"{model} has operators that are not known here.")
        times = self.moods[min(self.pauses, len(self.moods) - 1)]
        for timing in super().measure(models, reference, plan):
            own, beside = timing.wall_ms * times, timing.reference_wall_ms * times
            yield replace(timing, wall_ms=own, reference_wall_ms=beside, cpu_ms=own, reference_cpu_ms=beside)

    def rest(self, monkeypatch: pytest.MonkeyPatch) -> "Moody":
        """Pauses take no time and bring the next mood; the device, for chaining."""

        def pause(_seconds: float) -> None:
            self.pauses += 1

        monkeypatch.setattr("hwnas.profiling.moment.sleep", pause)
        return self
