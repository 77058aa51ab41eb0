"""Is an old table still true? Its canaries, timed again beside its reference, tell.

Two things can have changed. The device's *speed*: then the reference takes another time, and everything with it; what
is remembered of the device tells whether its speed merely moves between sessions, or is another one now, to which the
table can be rescaled. Its *character* (another runtime kernel, another instruction set, memory
that others fill): then the canaries moved against one another, and only profiling anew helps.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

import numpy as np

from hwnas.contracts.errors import DeviceError
from hwnas.contracts.figures import EXTRA
from hwnas.contracts.level import Level
from hwnas.contracts.words import one_of
from hwnas.profiling.estimate import Latency
from hwnas.profiling.table import LatencyTable

OLD = timedelta(days=1)  # from this age on a table is checked before use
SAME_SPEED = 0.05  # calm moments of one machine differ by so much
SAME_CHARACTER = 0.10  # canaries may move so far against one another, as in a session (`verdict.HOPELESS_DRIFT`)
MOST_RESCALED = 2.0  # times faster or slower is another machine

State = Literal["accepted", "rescaled", "refused"]


class NoLongerHoldsError(DeviceError):
    """A table whose canaries say that it, or what was timed after it, is of another device."""


@dataclass(frozen=True)
class Drift:
    """What became of a table: one word, what its latencies are to be multiplied by, one sentence, and what is known of
    the level of its latencies as they are in it.
    """

    state: State
    factor: float
    words: str
    level: Level

    def __post_init__(self) -> None:
        one_of("the state of a drift", self.state, get_args(State))


def is_old(table: LatencyTable, now: datetime | None = None) -> bool:
    """Whether the table's age calls for a check; one without a readable date is old."""
    try:
        age = (now or datetime.now(UTC)) - datetime.fromisoformat(table.created)
    except (ValueError, TypeError):
        return True
    return not timedelta(0) <= age < OLD


def find_drift(table: LatencyTable, again: Sequence[Latency], level: Level) -> Drift:
    """From the table's canaries, timed `again` in its order with its `reference_ms` as scale.

    A canary moves against the others by its quotient to the reference; all move together with the device's speed, of
    which `level` tells, this session included. A table stays as it is while its speed is one that the device may have.
    """
    moved = np.array([new.latency_ms / _known_ms(table, i) for i, new in enumerate(again)])
    apart = float(np.max(np.abs(moved / np.median(moved) - 1)))
    own = level.restated(1 / float(np.median(moved)))
    speed = own.center
    since = table.created[:10]
    if apart > SAME_CHARACTER or not 1 / MOST_RESCALED <= speed <= MOST_RESCALED:
        why = (
            f"moved by {apart:.0%} against one another" if apart > SAME_CHARACTER else f"take {speed:.2g} times as long"
        )
        words = f"The canaries of the table of {since} {why}; it no longer holds, profile again."
        return Drift("refused", 1.0, words, own)
    usual = own.next_session is not None and own.next_session[0] <= 1 <= own.next_session[1]
    now = f"the canaries of the table of {since} take {own.latest:.3f} times as long now, all alike."
    if abs(speed - 1) <= SAME_SPEED or usual:
        return Drift("accepted", 1.0, f"Kept as it is: {now}", own)
    return Drift("rescaled", speed, f"Rescaled by {speed:.3f}: {now}", own)


def rescale(table: LatencyTable, drift: Drift, now: datetime | None = None) -> LatencyTable:
    """The table with all its latencies multiplied, a new date, and a verdict that says so."""
    f = drift.factor

    def times(part: dict[str, object]) -> dict[str, object]:
        return {
            name: _scaled(value, f) if name.endswith(("_ms", "_ms_interval")) else value for name, value in part.items()
        }

    content = table.model_dump()
    still = [figure.name for figure in EXTRA.values() if not figure.times_latency]
    content["rows"] = [{**times(row), **{name: row[name] for name in still}} for row in content["rows"]]
    content["canaries"] = [times(canary) for canary in content["canaries"]]
    content["protocol"] = times(content["protocol"])
    content["protocol"]["level"] = asdict(drift.level.restated(f))
    content["verdict"]["advice"] = f"{drift.words} {table.verdict.advice}"
    content["created"] = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    return LatencyTable.parse(json.dumps(content))


def _known_ms(table: LatencyTable, canary: int) -> float:
    timed = table.canaries[canary]
    return float(np.median([timed.start_ms, timed.middle_ms, timed.end_ms]))


def _scaled(value: object, factor: float) -> object:
    if isinstance(value, tuple | list):
        return tuple(_scaled(each, factor) for each in value)
    return value * factor if isinstance(value, float) else value
