"""Something that times ONNX models, and who it is."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import ClassVar

from hwnas.contracts.limits import STRICT_FIELDS

FROM_A_TABLE = "from a table, not timed"
"""What the setting `latencies` of a card says where nothing was timed."""
INPUTS_KEY = "hwnas.inputs"
"""Among a model's notes: what a device that can is to feed it, an ``.npz`` in base64, in place of random values."""


@dataclass(frozen=True)
class DeviceCard:
    """Everything that changes a latency: two equal cards should give equal tables.

    Args:
        device: canonical device string, such as ``cpu:threads=1``.
        processor: model name of the chip that does the work.
        cores: cores visible to the process.
        memory_bytes: main memory of the machine.
        system: operating system, kernel and architecture.
        runtime: ``onnxruntime`` and its version.
        provider: execution provider that runs the nodes.
        threads: threads that run one operator.
        precision: number format of the weights and activations.
        batch: examples per run.
        settings: further settings that matter (graph optimisation, spinning, governor, clocks, driver).
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT_FIELDS

    device: str
    processor: str
    cores: int
    memory_bytes: int
    system: str
    runtime: str
    provider: str
    threads: int
    precision: str = "float32"
    batch: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Plain JSON-able fields."""
        return {**asdict(self), "settings": dict(self.settings)}

    @property
    def timed(self) -> bool:
        """Whether latencies with this card are timings; else they are from a table."""
        return self.settings.get("latencies") != FROM_A_TABLE

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits, the same wherever all fields are the same."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class TimingPlan:
    """How much to run.

    Args:
        rounds: every model is timed once per round, in an order drawn anew for each round.
        min_runs: at least so many runs of a model in a round, and
        min_seconds: at least so long.
        warmup_runs: runs before a model's first timing.
        seed: of the order and of the inputs.
        first_round: number of the first round, so that a later plan continues an earlier one's sequence.
    """

    rounds: int
    min_runs: int
    min_seconds: float
    warmup_runs: int = 10
    seed: int = 0
    first_round: int = 0


@dataclass(frozen=True)
class Timing:
    """One model in one round: medians over the runs, and the reference model timed right beside it.

    `cpu_ms` is the calling thread's processor time, meaningful when one thread does the work; else None. `others_busy`
    are the processors' worth of other work meanwhile, such as 0.8; None when the device cannot tell.
    """

    model: int
    round: int
    runs: int
    wall_ms: float
    reference_wall_ms: float
    cpu_ms: float | None = None
    reference_cpu_ms: float | None = None
    others_busy: float | None = None


class Device(ABC):
    """A target that runs ONNX models. One measurement at a time; a device is made from its device string."""

    @abstractmethod
    def card(self) -> DeviceCard:
        """Who this device is, now."""

    @abstractmethod
    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        """Time every model once per round, in random order, the reference beside each; yield as it goes.

        Raises:
            DeviceError: the device cannot be used, or refuses a model (named in the message).
        """
