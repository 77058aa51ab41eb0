"""What lies in a run's folder, and where."""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from hwnas.archive import Archive, only_one
from hwnas.archive.records import ProfileRecord, RunRecord
from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.leftovers import remove_leftovers
from hwnas.contracts.outputs import outputs
from hwnas.contracts.places import expanded

_SHRINKING = ".shrinking"


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

    def writing(self, *, front: bool = True, force: bool = False) -> AbstractContextManager[None]:
        """Around the writing of the files that people look at, and may replace by their own; see `outputs`. Without a
        new `front` only the page and the picture of it.

        Raises:
            InputError: one is not the run's own, and `force` does not say to replace it.
        """
        files = ([self.front_file] if front else []) + [self.report_file, self.picture_file]
        return self.outputs(files, force=force)

    def outputs(self, files: Sequence[Path], *, force: bool = False) -> AbstractContextManager[None]:
        """`hwnas.contracts.outputs.outputs`; what lies in this folder, which may be moved, is remembered in it.

        Raises:
            InputError: as that.
        """
        inside = {Path(os.path.realpath(file.parent)) for file in files} == {Path(os.path.realpath(self.folder))}
        return outputs(files, force=force, memory=self.folder / ".written" if inside else None)

    def alone(self) -> AbstractContextManager[None]:
        """While one process measures for this run the others wait, and then find what it found; a kill frees it."""
        return only_one(self.folder / ".lock")

    def searches(self, profile: str) -> Archive:
        """Where the searches on one profile are kept: latencies of different profiles must not be mixed.

        The first profile's are in the run's own archive, another one's in a file named after it.
        """
        first = self.archive.settle("", ProfileRecord(digest=profile)).digest
        return self.archive if first == profile else Archive(self.folder / f"study-{profile}.db")

    def table_file(self, device_id: str) -> Path:
        """The latency table of a device."""
        return self.folder / "latency_tables" / f"{device_id}.json"

    def front_of(self, device_id: str) -> Path:
        """The front of a device; `front_file` is that of the latest search, whatever its device."""
        return self.folder / "fronts" / f"{device_id}.json"

    @contextmanager
    def being_shrunk(self) -> Iterator[None]:
        """Until it has a model, or finds that there is none, the folder says that a shrinking was begun in it."""
        mark = self.folder / _SHRINKING
        mark.touch()
        try:
            yield
        except PromiseError:
            mark.unlink(missing_ok=True)
            raise
        mark.unlink(missing_ok=True)

    @property
    def supernet_file(self) -> Path:
        """The supernet's tensors."""
        return self.folder / "supernet.safetensors"

    def evaluations(self) -> int:
        """How many evaluations there are, of all profiles' searches."""
        count = 0
        for path in self.folder.glob("study*.db"):
            with Archive(path) as archive:
                count += len(archive)
        return count

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

    def settle(self, identity: RunRecord) -> None:
        """Remember what this run is of, or make sure it is the same as before.

        Raises:
            InputError: the folder belongs to another supernet or task.
        """
        recorded = self.archive.settle("", identity)
        differing = [name for name, value in identity if getattr(recorded, name) != value]
        if differing:
            name = differing[0]
            raise InputError(
                f"{self.folder} is a run with {name} {getattr(recorded, name)}, now {name} {getattr(identity, name)} "
                "was asked for; use another folder."
            )


def is_being_shrunk(folder: Path) -> bool:
    """Whether a shrinking was begun in a folder and has not come to its end."""
    return (folder / _SHRINKING).is_file()
