"""A device whose true latencies are known, with the troubles of real ones; for the statistics only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hwnas.contracts.device import Device, DeviceCard, Timing, TimingPlan

REFERENCE = Path("reference.onnx")
REFERENCE_MS = 2.0
CARD = DeviceCard("simulated", "none", 1, 2**30, "none", "none 1", "none", 1, settings={"fake": "yes"})


def truths(n: int) -> tuple[list[Path], list[float]]:
    """Models named after their number, and their true latencies in ms, 0.5 to 8."""
    return [Path(f"{i}.onnx") for i in range(n)], np.geomspace(0.5, 8, n).tolist()


@dataclass
class Simulated(Device):
    """Args: one-run noise, slow-down over the whole session, share of groups that run on a busy machine, how much
    slower and how much more interrupted these are; `cpu` False leaves processor time out.
    """

    truth: Sequence[float]
    noise: float = 0.004
    drift: float = 0.0
    busy: float = 0.0
    slower: float = 1.4
    interrupted: float = 1.0
    cpu: bool = True
    seed: int = 0
    calls: list[tuple[int, int, tuple[int, ...]]] = field(default_factory=list)
    timed: int = 0

    def card(self) -> DeviceCard:
        return CARD

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        assert reference == REFERENCE
        numbers = [int(path.stem) for path in models]
        self.calls.append((plan.first_round, plan.rounds, tuple(numbers)))
        for number in range(plan.first_round, plan.first_round + plan.rounds):
            for index, model in enumerate(numbers):
                yield self._time(index, number, model)

    def _time(self, index: int, number: int, model: int) -> Timing:
        rng = np.random.default_rng([self.seed, number, model])
        busy = rng.random() < self.busy
        speed = (1 + self.drift * self.timed / 200) * (self.slower if busy else 1.0)
        wait = 1 + self.interrupted * rng.random() if busy else 1.0
        wait_beside = 1 + self.interrupted * rng.random() if busy else 1.0
        self.timed += 1
        own, beside = self.truth[model] * speed, REFERENCE_MS * speed
        own, beside = (ms * float(np.exp(self.noise * rng.normal())) for ms in (own, beside))
        cpu = (own, beside) if self.cpu else (None, None)
        return Timing(index, number, 10, own * wait, beside * wait_beside, *cpu)
