"""No timing on a hot phone, and none kept that was taken while it slowed itself down.

Before a round the phone must be cool. A round in which it throttled is thrown away and taken again after it has cooled
down. It throttled when its thermal service says so, when the highest clock it allows itself is lower than at the
start, or when the clock of its fastest core, looked at once a second while it works, is lower than in its best round.
"""

import math
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hwnas.contracts.device import Device, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError
from hwnas.devices._facts import Facts
from hwnas.devices._phone import Phone
from hwnas.devices._session import Operation
from hwnas.devices._wrapped import WrappedDevice

POLL_SECONDS = 5.0
PATIENCE_SECONDS = 900.0  # to cool down
MAX_REPEATS = 3  # of a round
SLOWER = 0.9  # of the best round's clock counts as throttled
BATTERY, SKIN = 2, 3  # kinds of sensors whose heat lasts; a chip's own rises and falls within a burst
_CLOCKS = "/sys/devices/system/cpu/cpu*/cpufreq"
_LOOK = f"dumpsys thermalservice; dumpsys battery; echo; echo =caps; cat {_CLOCKS}/scaling_max_freq 2>/dev/null; true"
_WATCH = f"while sleep 1; do cat {_CLOCKS}/scaling_cur_freq 2>/dev/null | sort -nr | head -n 1; done"


@dataclass(frozen=True)
class Heat:
    """A look at a phone: degrees Celsius (None unknown), status of its thermal service (0 is none, 1 light throttling,
    and so on), and the sum of the highest clocks its cores may take, in kHz (0 unknown).
    """

    celsius: float | None
    status: int
    caps_khz: int


def read_heat(text: str) -> Heat:
    """From what the phone prints for `_LOOK`."""
    services, _, caps = text.partition("=caps")
    current = services.rpartition("Current temperatures from HAL:")[2]
    sensors = re.findall(r"Temperature\{mValue=(-?[\d.]+|NaN), mType=(-?\d+)", current)
    lasting = [float(value) for value, kind in sensors if int(kind) in {BATTERY, SKIN}]
    degrees = [value for value in lasting if not math.isnan(value) and value != 0.0]  # 0.0 is a sensor without a value
    if not degrees:
        degrees = [int(tenths) / 10 for tenths in re.findall(r"^\s*temperature: (\d+)\s*$", services, re.MULTILINE)]
    status = re.search(r"Thermal Status: (\d+)", services)
    return Heat(max(degrees, default=None), int(status[1]) if status else 0, sum(map(int, re.findall(r"\d+", caps))))


class HeatGated(WrappedDevice):
    """`device` of a phone, timed only while the phone is cool; `max_celsius` is the most it may have."""

    def __init__(self, device: Device, phone: Phone, max_celsius: float) -> None:
        super().__init__(device)
        self._phone = phone
        self._max_celsius = max_celsius
        self._caps_khz = 0
        self._best_khz = 0.0

    def __repr__(self) -> str:
        return f"<device {self._phone.name}>"

    def examine(self, models: Sequence[Path]) -> Iterator[Facts]:
        """As `Examiner`, begun on a cool phone; nothing when the device cannot tell."""
        self._wait_until_cool()
        yield from super().examine(models)

    def operations(self, model: Path) -> list[Operation]:
        self._wait_until_cool()
        return super().operations(model)

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        for number in range(plan.first_round, plan.first_round + plan.rounds):
            yield from self._cool_round(models, reference, replace(plan, rounds=1, first_round=number))

    def _cool_round(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> list[Timing]:
        for _ in range(MAX_REPEATS):
            self._wait_until_cool()
            with self._watched() as clocks:
                timings = list(self._device.measure(models, reference, plan))
            why = self._throttled(clocks)
            if why is None:
                return timings
        raise DeviceError(
            f"{self._phone.name} slowed itself down in {MAX_REPEATS} attempts at a round ({why}); cool it, take it off "
            "the charger, or choose a shorter preset."
        )

    def _wait_until_cool(self) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            heat = self._look()
            if heat.status == 0 and (heat.celsius is None or heat.celsius <= self._max_celsius):
                self._caps_khz = max(self._caps_khz, heat.caps_khz)
                return
            if time.monotonic() > end:
                warm = "at an unknown temperature" if heat.celsius is None else f"{heat.celsius:g} degrees Celsius warm"
                raise DeviceError(
                    f"{self._phone.name} is {warm} (thermal status {heat.status}) and did not get below "
                    f"{self._max_celsius:g} in {PATIENCE_SECONDS:g} s; cool it, or allow more with max_celsius=."
                )
            time.sleep(POLL_SECONDS)

    def _look(self) -> Heat:
        return read_heat(self._phone.ask(_LOOK))

    @contextmanager
    def _watched(self) -> Iterator[list[int]]:
        """Clocks of the fastest core in kHz, one a second; filled when the block has been left."""
        clocks: list[int] = []
        with tempfile.TemporaryFile() as seen:
            watcher = subprocess.Popen(
                self._phone.words("shell", "-T", _WATCH), stdin=subprocess.DEVNULL, stdout=seen, stderr=seen
            )
            try:
                yield clocks
            finally:
                watcher.kill()
                watcher.wait()
            seen.seek(0)
            clocks += [int(line) for line in seen.read().split() if line.isdigit()]

    def _throttled(self, clocks: Sequence[int]) -> str | None:
        heat = self._look()
        if heat.status > 0:
            return f"thermal status {heat.status}"
        if 0 < heat.caps_khz < self._caps_khz:  # 0 is unknown
            return f"it allows its cores {heat.caps_khz / self._caps_khz:.0%} of their clocks"
        typical = statistics.median(clocks) if clocks else 0.0
        if clocks and typical < SLOWER * self._best_khz:
            return f"its fastest core ran at {typical / self._best_khz:.0%} of its clock"
        self._best_khz = max(self._best_khz, typical)
        return None
