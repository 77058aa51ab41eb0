"""The speeds of each device, remembered from session to session, and what they say of the next session.

Latencies are right among themselves and all too long or too short alike, by as much as the machine's own speed differs
from session to session; nothing within a session shows it. So every session leaves the time of its reference and of the
speed probe in a record of its device, in the user's cache folder (or where ``HWNAS_CACHE`` says).

* Sessions beside other work are not the machine's own speed. Where there are no others, latencies are stated at theirs,
  and what the next session will bring is unknown: a machine that becomes idle is faster than any of them.
* What comes within `APART` of a session's beginning is the same session; its fastest moment counts.
* The baseline speed, which latencies are stated at, is the geometric mean over sessions. The next session's is
  predicted from their logarithms by Student's t: mean ± t s sqrt(1 + 1/n). Few sessions tell little of s, so one degree
  of freedom is lent by `USUAL_SPREAD` (the conjugate prior of a variance, Gelman et al., Bayesian Data Analysis, 3.3):
  two sessions that agree by chance promise nothing, and two that differ do not make everything possible.
* What differs from the median by `OTHER_MACHINE` is a fault, or not the same machine.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.level import Level
from hwnas.devices._cache import cache_folder
from hwnas.profiling.verdict import BUSY_PROCESSORS

SESSIONS = 64
APART = timedelta(minutes=10)
USUAL_SPREAD = 0.03  # of the logarithm, between sessions of a virtual machine: benchmarks/levels.py
OTHER_MACHINE = 2.0
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Session(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    began: AwareDatetime
    busy: bool
    speeds_ms: dict[str, Positive]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    schema_version: Literal[1] = 1
    sessions: list[_Session] = []


class SpeedRecord:
    """The sessions of one device.

    Args:
        card: of the device.
        folder: where records are kept; by default ``speeds`` in the cache folder.
    """

    def __init__(self, card: DeviceCard, folder: Path | None = None) -> None:
        self.path = (folder or cache_folder() / "speeds") / f"{card.id}.json"
        self._virtual = True if card.settings.get("virtual_machine") == "yes" else None

    def baseline_ms(self, model: Path) -> float | None:
        """What a model takes at the device's baseline speed; None where it was in no session."""
        return _baseline_ms(self._read(), digest(model))

    def baseline_with(self, model: Path) -> Callable[[float, float | None], float]:
        """From what a model takes in a session that is not kept yet, and the others' busy processors, its time at the
        baseline speed of all sessions.
        """

        def baseline_ms(seen_ms: float, others_busy: float | None) -> float:
            new = _session({model: seen_ms}, others_busy, datetime.now(UTC))
            return _baseline_ms(_and(self._read(), new), digest(model)) or seen_ms

        return baseline_ms

    def ever_calm(self, model: Path) -> bool:
        """Whether a model was in some session without other work."""
        return any(not session.busy for session in _having(self._read(), digest(model)))

    def keep(
        self, speeds_ms: Mapping[Path, float], others_busy: float | None = None, when: datetime | None = None
    ) -> None:
        """Add what some models took in a session; where the folder cannot be written, it is not remembered."""
        new = _session(speeds_ms, others_busy, when or datetime.now(UTC))
        with suppress(InputError):
            write_atomic(self.path, _Record(sessions=_and(self._read(), new)).model_dump_json(indent=1) + "\n")

    def level(self, models: Sequence[Path], stated_ms: float) -> Level:
        """What the sessions say of latencies that are stated at the speed at which the first of `models` takes
        `stated_ms`. The others, such as the speed probe, tell of sessions which that one was not in.
        """
        sessions, names = self._read(), [digest(model) for model in models]
        factors: dict[datetime, float] = {}
        calm: set[datetime] = set()
        latest = (datetime.min.replace(tzinfo=UTC), 1.0)
        for name in reversed(names):  # the first one's own times go before
            together = _own(_having(sessions, names[0]), name)
            if not together:
                continue
            quotient = np.log(_speeds(together, name) / _speeds(together, names[0])).mean()
            stated = stated_ms * float(np.exp(quotient))
            used, last = _own(sessions, name), _having(sessions, name)[-1]
            factors |= dict(zip((s.began for s in used), (_speeds(used, name) / stated).tolist(), strict=True))
            calm |= {s.began for s in used if not s.busy}
            if last.began >= latest[0]:
                latest = last.began, last.speeds_ms[name] / stated
        if not factors:
            return Level(virtual_machine=self._virtual)
        times = sorted(calm or factors)
        speeds = np.array([factors[time] for time in times])
        return Level(
            sessions=len(speeds),
            hours=(times[-1] - times[0]).total_seconds() / 3600,
            latest=latest[1],
            fastest=float(speeds.min()),
            slowest=float(speeds.max()),
            next_session=next_session(speeds) if calm else None,
            virtual_machine=self._virtual,
            beside_others=not calm,
        )

    def _read(self) -> list[_Session]:
        try:
            return _Record.model_validate_json(self.path.read_bytes()).sessions
        except (OSError, ValidationError):  # a cache: what cannot be read is not there
            return []


def next_session(factors: FloatArray) -> tuple[float, float] | None:
    """The 95 % interval of the next factor, from those ``(n,)`` of earlier sessions; None from one."""
    from scipy.special import stdtrit

    n = len(factors)
    if n < 2:
        return None
    logs = np.log(factors)
    spread = np.sqrt((USUAL_SPREAD**2 + ((logs - logs.mean()) ** 2).sum()) / n)
    reach = float(stdtrit(n, 0.975) * spread * np.sqrt(1 + 1 / n))
    return float(np.exp(logs.mean() - reach)), float(np.exp(logs.mean() + reach))


def digest(model: Path) -> str:
    """What tells a model's file from others."""
    return hashlib.sha256(model.read_bytes()).hexdigest()[:12]


def _session(speeds_ms: Mapping[Path, float], others_busy: float | None, when: datetime) -> _Session:
    busy = (others_busy or 0.0) > BUSY_PROCESSORS
    return _Session(began=when, busy=busy, speeds_ms={digest(model): ms for model, ms in speeds_ms.items()})


def _having(sessions: Sequence[_Session], name: str) -> list[_Session]:
    return [session for session in sessions if name in session.speeds_ms]


def _own(sessions: Sequence[_Session], name: str) -> list[_Session]:
    """Those that say something of the device's own speed with a model, by rising time."""
    having = _having(sessions, name)
    own = [session for session in having if not session.busy] or having
    if not own:
        return []
    apart = np.abs(np.log(_speeds(own, name) / np.median(_speeds(own, name))))
    return [session for session, far in zip(own, apart, strict=True) if far <= np.log(OTHER_MACHINE)]


def _baseline_ms(sessions: Sequence[_Session], name: str) -> float | None:
    if not (own := _own(sessions, name)):
        return None
    first, *_ = speeds = _speeds(own, name)
    return float(first * np.exp(np.log(speeds / first).mean()))  # of one session the very figure


def _and(sessions: Sequence[_Session], new: _Session) -> list[_Session]:
    """With one more, or with another moment of the last one."""
    if sessions and timedelta(0) <= new.began - sessions[-1].began < APART:
        return [*sessions[:-1], _merged(sessions[-1], new)]
    return [*sessions, new][-SESSIONS:]


def _merged(old: _Session, new: _Session) -> _Session:
    """Two moments of one session: the one without other work, or of both the fastest times."""
    if old.busy != new.busy:
        calm, other = (new, old) if old.busy else (old, new)
        return old.model_copy(update={"busy": False, "speeds_ms": {**other.speeds_ms, **calm.speeds_ms}})
    both = {**old.speeds_ms, **new.speeds_ms}
    fastest = {name: min(ms, old.speeds_ms.get(name, ms)) for name, ms in both.items()}
    return old.model_copy(update={"speeds_ms": fastest})


def _speeds(sessions: Sequence[_Session], name: str) -> FloatArray:
    return np.array([session.speeds_ms[name] for session in sessions])
