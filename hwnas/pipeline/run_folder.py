"""What lies in a run's folder, and where."""

import re
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from hwnas.archive import Archive, only_one
from hwnas.contracts.errors import InputError
from hwnas.contracts.places import expanded

_ABANDONED_SECONDS = 60.0  # a file this long unchanged is not being written
_LEFTOVER = re.compile(r"\.[^.].*\.(safetensors|json|onnx|html|svg)\.[a-z0-9_]{8}")


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of writes that were killed (see `write_atomic`), of this run's kinds of files only.

    What another process may be writing at this moment is left for the next start.
    """
    for path in folder.rglob(".*"):
        try:
            if _LEFTOVER.fullmatch(path.name) and time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                path.unlink()
        except OSError:  # another process was quicker, or nothing may be changed here: whoever writes will say so
            continue


class Run:
    """A folder that holds everything about one supernet and the searches on it.

    Args:
        folder: made when missing.

    Raises:
        InputError: it cannot be made or written, or its database is broken.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = expanded(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"Cannot make the folder {self.folder}: {error.strerror}; choose another.") from error
        remove_leftovers(self.folder)
        self.archive = Archive(self.folder / "study.db")

    def alone(self) -> AbstractContextManager[None]:
        """While one process measures for this run the others wait, and then find what it found; a kill frees it."""
        return only_one(self.folder / ".lock")

    def searches(self, profile: str) -> Archive:
        """Where the searches on one profile are kept: latencies of different profiles must not be mixed.

        The first profile's are in the run's own archive, another one's in a file named after it.
        """
        first = self.archive.settle_document("profile", {"digest": profile})["digest"]
        return self.archive if first == profile else Archive(self.folder / f"study-{profile}.db")

    def table_file(self, device_id: str) -> Path:
        """The latency table of a device."""
        return self.folder / "latency_tables" / f"{device_id}.json"

    def front_of(self, device_id: str) -> Path:
        """The front of a device; `front_file` is that of the latest search, whatever its device."""
        return self.folder / "fronts" / f"{device_id}.json"

    @property
    def subnets(self) -> Path:
        """Where validated sub-networks lie."""
        return self.folder / "subnets"

    @property
    def front_file(self) -> Path:
        """The validated front."""
        return self.folder / "front.json"

    @property
    def report_file(self) -> Path:
        """The page to look at."""
        return self.folder / "report.html"

    @property
    def picture_file(self) -> Path:
        """The front as a picture."""
        return self.folder / "front.svg"

    @property
    def predictors(self) -> Path:
        """Fitted predictors, one folder per target."""
        return self.folder / "predictors"

    def settle(self, identity: Mapping[str, object]) -> None:
        """Remember what this run is of, or make sure it is the same as before.

        Raises:
            InputError: the folder belongs to another supernet or task.
        """
        recorded = self.archive.settle_document("run", identity)
        differing = [name for name in identity if recorded.get(name) != identity[name]]
        if differing:
            name = differing[0]
            raise InputError(
                f"{self.folder} is a run with {name} {recorded.get(name)}, now {name} {identity[name]} was asked for; "
                f"use another folder."
            )
