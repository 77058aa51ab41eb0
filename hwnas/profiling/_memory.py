"""How fast each device has been when it was quiet, remembered from session to session.

On a virtual machine, or beside other work, a whole session can pass without one quiet moment: then its latencies are
right among themselves and all too long alike, by a half or more, and nothing in them shows it. So the quiet level of
the reference model is kept per device and reference, in the user's cache folder (or where ``HWNAS_CACHE`` says), and
is the scale of the next sessions (`estimate.settle`), so that they compare. What is slower than the fastest session
by more than quiet moments differ was no quiet session; a level that a fault made too fast is forgotten in time.
"""

import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hwnas.contracts.device import DeviceCard
from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.devices._cache import cache_folder
from hwnas.profiling.estimate import QUIET_BAND

SESSIONS = 16
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Level(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    seen_ms: Positive
    when: str


class _Levels(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    schema_version: Literal[1] = 1
    levels: list[_Level] = []


class QuietMemory:
    """The quiet levels of one device with one reference model.

    Args:
        card: of the device.
        reference: the reference model's file.
        folder: where they are kept; by default ``quiet`` in the cache folder.
    """

    def __init__(self, card: DeviceCard, reference: Path, folder: Path | None = None) -> None:
        digest = hashlib.sha256(reference.read_bytes()).hexdigest()[:12]
        self.path = (folder or cache_folder() / "quiet") / f"{card.id}-{digest}.json"

    def recall(self) -> float | None:
        """The quiet level in ms: the median of the latest sessions that were quiet; None without one."""
        seen = [level.seen_ms for level in self._read()]
        return median(ms for ms in seen if ms <= min(seen) * (1 + QUIET_BAND)) if seen else None

    def keep(self, seen_ms: float) -> None:
        """Add a session's level; where the folder cannot be written, it is not remembered."""
        when = datetime.now(UTC).isoformat(timespec="seconds")
        levels = [*self._read(), _Level(seen_ms=seen_ms, when=when)][-SESSIONS:]
        with suppress(InputError):
            write_atomic(self.path, _Levels(levels=levels).model_dump_json(indent=1) + "\n")

    def _read(self) -> list[_Level]:
        try:
            return _Levels.model_validate_json(self.path.read_bytes()).levels
        except (OSError, ValidationError):  # a cache: what cannot be read is not there
            return []
