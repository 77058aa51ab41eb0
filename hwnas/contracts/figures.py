"""What is known of a model on a device beside its score: each figure is declared here, once, and all else follows.

From `FIGURES` come the limits and how they are named (``max_p95_ms``), the options of commands (``--max-p95 5ms``) and
how their values are read, extra objectives, the columns of latency tables, the fields of front members and manifests,
what a device may tell, and the columns of reports. The score is not among them: each task names its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from hwnas.contracts.direction import Direction
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.words import one_of

if TYPE_CHECKING:
    from hwnas.contracts.objective import Objective

Known = Literal["exact", "predicted"]


@dataclass(frozen=True)
class Unit:
    """What figures are in.

    Args:
        name: the end of names, such as ``ms`` of ``latency_ms``.
        symbol: behind a number, for people.
        spelt: what people may type behind a number, and how many of this unit it is.
        quantity: what is measured in it, with its article.
        most: no limit is as large; it is in another unit, most likely.
        example: one or more figures, as people type them.
        shown_in: which of `spelt` people are shown, the largest first.
    """

    name: str
    symbol: str
    spelt: Mapping[str, float]
    quantity: str
    most: float
    example: str
    shown_in: tuple[str, ...]

    def shown(self, value: float) -> str:
        """A value for people, such as ``1.234 ms`` or ``1.463 MB``."""
        name = next((name for name in self.shown_in if abs(value) >= self.spelt[name]), self.shown_in[-1])
        return f"{value / self.spelt[name]:.4g} {name}"


TIME = Unit("ms", "ms", {"us": 1e-3, "ms": 1.0, "s": 1e3}, "a latency", 1e7, "2ms, 1.5s or 300us", ("ms",))
ENERGY = Unit("mj", "mJ", {"uJ": 1e-3, "mJ": 1.0, "J": 1e3}, "an energy", 1e9, "5mJ or 0.2J", ("mJ",))
MEMORY = Unit(
    "bytes", "B",
    {"B": 1.0, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30},
    "a size", 1e13, "500kB or 2MB", ("GB", "MB", "kB", "B"),
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One figure of a model on a device.

    Args:
        name: its column in tables and its field in members and manifests.
        short: what people call it: ``p95`` in ``--max-p95`` and in ``--objective p95``.
        unit: of its values.
        what: what it is of, in words.
        example: a limit, as people type it.
        known: how a search knows it of an architecture: ``exact``, computed from it; or ``predicted``, from the rows of
            a latency table, and measured of the members of a front.
        direction: whether less or more is better.
        times_latency: whether a device tells it as a multiple of the median latency, with whose scale it then moves.
        cost: where it is exact, the cost of `SearchSpace.costs` that tells it and that a search makes small instead,
        per_cost: and how much of it there is for each of that.
    """

    name: str
    short: str
    unit: Unit
    what: str
    example: str
    known: Known = "predicted"
    direction: Direction = "min"
    times_latency: bool = False
    cost: str = ""
    per_cost: float = 1.0

    def __post_init__(self) -> None:
        one_of(f"how figure {quoted(self.name)} is known", self.known, get_args(Known))
        one_of(f"the direction of figure {quoted(self.name)}", self.direction, get_args(Direction))

    @property
    def bound(self) -> str:
        """The name of a limit on it, such as ``max_p95_ms``."""
        return f"{self._side}_{self.short}_{self.unit.name}"

    @property
    def option(self) -> str:
        """The parameter of commands for that, such as ``max_p95``."""
        return f"{self._side}_{self.short}"

    @property
    def _side(self) -> str:
        return "max" if self.direction == "min" else "min"

    def objective(self, limit: float | None = None) -> "Objective":
        """What a search makes small or large of it, with a limit in the figure's own unit."""
        from hwnas.contracts.objective import Objective  # late: help and mistyped commands need no numpy

        if not self.cost:
            return Objective(self.name, self.direction, self.unit.symbol, limit=limit)
        return Objective(self.cost, self.direction, limit=None if limit is None else limit / self.per_cost)

    def keeps(self, value: float, limit: float | None) -> bool:
        """Whether a value is within a limit; always where there is none."""
        return limit is None or (value <= limit if self.direction == "min" else value >= limit)


LATENCY = Figure("latency_ms", "latency", TIME, "latency of one run", "2ms")
SIZE = Figure("size_bytes", "size", MEMORY, "size of the model file", "500kB", "exact", cost="params", per_cost=4)
FIGURES = (
    LATENCY,
    SIZE,
    Figure("p95_ms", "p95", TIME, "95th percentile of single runs", "5ms", times_latency=True),
    Figure("p99_ms", "p99", TIME, "99th percentile of single runs", "6ms", times_latency=True),
    Figure("peak_memory_bytes", "memory", MEMORY, "peak memory that the model adds", "40MB"),
    Figure("load_ms", "load", TIME, "time to load the model", "50ms"),
    Figure("energy_mj", "energy", ENERGY, "energy of one run", "5mJ"),
)
EXTRA = {figure.name: figure for figure in FIGURES if figure not in (LATENCY, SIZE)}
"""Figures that a device may tell beside latencies, by name."""
OBJECTIVES = {figure.short: figure for figure in FIGURES if figure is not LATENCY}
"""Figures that can be objectives beside latency, by what people call them."""


def bounds_of(named: Mapping[str, float | None]) -> dict[str, float]:
    """Limits by the name of their figure, from limits by their own: ``{"max_p95_ms": 5.0}`` is ``{"p95_ms": 5.0}``.

    Raises:
        InputError: there is no such limit.
    """
    figures = {figure.bound: figure.name for figure in FIGURES}
    if unknown := [name for name in named if name not in figures]:
        listed = ", ".join(nearest_first(unknown[0], figures))
        raise InputError(f"A limit is one of {listed}, got {quoted(unknown[0])}; use one of them.")
    return {figures[name]: value for name, value in named.items() if value is not None}
