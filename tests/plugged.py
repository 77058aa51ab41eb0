"""A space, a task and a device as a stranger's package would plug them in: small, quick, and with known latencies.

A sharing scheme is plugged in too; it lies in a file of its own, `tests.routed`, for it needs PyTorch.

`plug_in` writes what an installer would write, so that real processes find them by entry point.
"""

import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.device import Device, DeviceCard, Timing, TimingPlan
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices._facts import Examiner, Facts
from hwnas.devices._strings import DeviceString, read_options

if TYPE_CHECKING:
    from hwnas.testing._tiny_task import TinyTask

BYTES_PER_MS = 1e5
_ENTRY_POINTS = """\
[hwnas.spaces]
tiny = tests.plugged:tiny_space
[hwnas.tasks]
tiny = tests.plugged:tiny_task
[hwnas.devices]
simulated = tests.plugged:simulated
metered = tests.plugged:metered
[hwnas.sharing]
routed = tests.routed:Routed
"""


def plug_in(folder: Path) -> Path:
    """A folder that, on the path, makes the things below known."""
    card = folder / "hwnas_stranger-1.0.dist-info"
    card.mkdir(parents=True)
    (card / "METADATA").write_text("Metadata-Version: 2.1\nName: hwnas-stranger\nVersion: 1.0\n")
    (card / "entry_points.txt").write_text(_ENTRY_POINTS)
    return folder


def tiny_space() -> SearchSpace:
    """The built-in space, small."""
    from tests.small_spaces import small  # late: it is of a room that there is not where a far end runs this file

    return small("mobilenetv3")


def tiny_task() -> "TinyTask":
    """The task for it."""
    from hwnas.testing._tiny_task import TinyTask  # late, too

    return TinyTask(tiny_space().inputs[0], n=48)


@dataclass
class Simulated(Device):
    """A model's latency is its file's size; the same whenever asked.

    Args:
        delay_seconds: slept per timing, so that there is a time to be killed in.
        noise: of one timing, relative.
        slower: factors of single models, by the stem of their file; ``*`` for all others.
        name: in the card.
        others_busy: in every timing.
        timed: stems of the models timed so far.
    """

    delay_seconds: float = 0.0
    noise: float = 0.002
    slower: dict[str, float] = field(default_factory=dict)
    name: str = "simulated"
    others_busy: float | None = None
    timed: list[str] = field(default_factory=list)

    def card(self) -> DeviceCard:
        return DeviceCard(self.name, "none", 1, 2**30, "none", "none 1", "none", 1)

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        for number in range(plan.first_round, plan.first_round + plan.rounds):
            for index, model in enumerate(models):
                time.sleep(self.delay_seconds)
                self.timed.append(model.stem)
                own, beside = self._truth_ms(model, number), reference.stat().st_size / BYTES_PER_MS
                yield Timing(index, number, 10, own, beside, own, beside, self.others_busy)

    def _truth_ms(self, model: Path, number: int) -> float:
        rng = np.random.default_rng([zlib.crc32(model.stem.encode()), number])
        factor = self.slower.get(model.stem, self.slower.get("*", 1.0))
        return model.stat().st_size / BYTES_PER_MS * factor * float(np.exp(self.noise * rng.normal()))


class Stepped(Simulated):
    """Takes the time of the next multiple of 16 channels."""

    def _truth_ms(self, model: Path, number: int) -> float:
        from hwnas.export.widths import widths_of  # late: there is no such room where a far end runs this file

        (width,) = widths_of(model).values()
        return super()._truth_ms(model, number) * (-(-width // 16) * 16) / width


@dataclass
class Metered(Simulated, Examiner):
    """Tells the energy of a run too: a millijoule for ten kilobytes of the model's file."""

    name: str = "metered"

    def tells(self) -> frozenset[str]:
        return frozenset({"energy_mj"})

    def examine(self, models: Sequence[Path]) -> Iterator[Facts]:
        return (Facts(size, {"energy_mj": size / 1e4}) for size in (model.stat().st_size for model in models))


def metered(asked: DeviceString) -> Metered:
    """The device of ``metered``."""
    read_options(asked, {})
    return Metered()


def simulated(asked: DeviceString) -> Simulated:
    """The device of ``simulated[:delay_ms=]``."""
    options = read_options(asked, {"delay_ms": ("0", "2", "10", "50")})
    return Simulated(delay_seconds=int(options["delay_ms"]) / 1000)
