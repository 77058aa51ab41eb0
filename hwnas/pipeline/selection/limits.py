"""What a sub-network must keep, and what the search makes small beside its latency, as asked for by the user."""

from dataclasses import dataclass, fields, replace
from typing import ClassVar

from hwnas.contracts.errors import InputError
from hwnas.contracts.limits import STRICT_FIELDS
from hwnas.contracts.numbers import real
from hwnas.contracts.objective import Objective
from hwnas.contracts.task import ACCURACY, SHARE

BYTES_PER_PARAMETER = 4
OBJECTIVES = {  # that there can be beside latency, by what people call them
    "p95": "p95_ms", "p99": "p99_ms", "memory": "peak_memory_bytes", "load": "load_ms", "size": "params",
}  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """Hard limits; None: no limit.

    Args:
        max_latency_ms: of one run, in milliseconds.
        worst_score: of the task's figure that is accepted, in its unit: the least, or the most where less is better.
        max_size_bytes: of the ONNX file; in the search its parameters are counted, four bytes each.
        max_p95_ms: of the 95th percentile of single runs, in milliseconds.
        max_memory_bytes: of the peak memory that loading and running it adds to a process.
        max_p99_ms: of the 99th percentile of single runs, in milliseconds.
        max_load_ms: of the time to load it, in milliseconds.
        confidence: that a sub-network keeps the latency limit while it is only predicted; None: as likely as not.
        objectives_beside: what is an objective even without a limit, of `OBJECTIVES`; whatever is limited is one.

    Raises:
        InputError: a limit that makes no sense.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT_FIELDS

    max_latency_ms: float | None = None
    worst_score: float | None = None
    max_size_bytes: float | None = None
    confidence: float | None = None
    max_p95_ms: float | None = None
    max_memory_bytes: float | None = None
    max_p99_ms: float | None = None
    max_load_ms: float | None = None
    objectives_beside: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "objectives_beside" and value is not None:
                object.__setattr__(self, field.name, real(f"the limit {field.name}", value))
        for latency_ms in (self.max_latency_ms, self.max_p95_ms, self.max_p99_ms, self.max_load_ms):
            if latency_ms is not None and not 0 < latency_ms < 1e7:
                raise InputError(f"A latency limit lies between 0 and 10,000 s, got {latency_ms:g} ms; give it in ms.")
        for size in (self.max_size_bytes, self.max_memory_bytes):
            if size is not None and not 0 < size < 1e13:
                raise InputError(f"A size limit lies between 0 and 10 TB, got {size:g} bytes; give it in bytes.")

        known = OBJECTIVES.values()
        if unknown := set(self.objectives_beside) - set(known):
            raise InputError(f"An objective beside latency is one of {', '.join(known)}, got {min(unknown)!r}.")
        if self.confidence is not None and not 0.5 <= self.confidence < 1:
            raise InputError(f"A confidence lies between 0.5 and 1, got {self.confidence:g}; 0.95 is usual.")

    def objectives(self, figure: Objective = ACCURACY) -> list[Objective]:
        """A task's figure against latency, and what else is limited or wanted: parameters for size, tails, memory.

        Raises:
            InputError: the worst score is none that the figure can have.
        """
        found = [
            self.of_figure(figure),
            Objective("latency_ms", "min", "ms", limit=self.max_latency_ms),
        ]
        size = None if self.max_size_bytes is None else self.max_size_bytes / BYTES_PER_PARAMETER
        if size is not None or "params" in self.objectives_beside:
            found.append(Objective("params", "min", limit=size))
        limits = self.further()
        found += [Objective(name, "min", name.rsplit("_", 1)[1], limit=limits.get(name)) for name in self.columns()]
        return found

    def of_figure(self, figure: Objective) -> Objective:
        """A task's figure with its limit.

        Raises:
            InputError: as above.
        """
        if self.worst_score is not None and figure.unit == SHARE and not 0 < self.worst_score < 1:
            raise InputError(f"A limit of the {figure.name} is a fraction between 0 and 1, got {self.worst_score:g}.")
        return replace(figure, limit=self.worst_score)

    def columns(self) -> list[str]:
        """Those columns of a latency table that are limited, then those that are objectives without a limit."""
        limited = self.further()
        return [*limited, *(name for name in self.objectives_beside if name not in {*limited, "params"})]

    def words(self) -> str:
        """Those limits that are measured again when a model is handed out."""
        said = {"{:g} ms": self.max_latency_ms, "{:g} ms for 95 % of runs": self.max_p95_ms}
        said |= {"{:g} ms for 99 % of runs": self.max_p99_ms, "{:g} ms to load": self.max_load_ms}
        said["{:,.0f} bytes of memory"] = self.max_memory_bytes
        return ", ".join(words.format(limit) for words, limit in said.items() if limit is not None)

    def further(self) -> dict[str, float]:
        """Limits of figures that are measured beside latency, by the name of their column in a latency table."""
        limits = {
            "p95_ms": self.max_p95_ms,
            "p99_ms": self.max_p99_ms,
            "peak_memory_bytes": self.max_memory_bytes,
            "load_ms": self.max_load_ms,
        }
        return {name: limit for name, limit in limits.items() if limit is not None}
