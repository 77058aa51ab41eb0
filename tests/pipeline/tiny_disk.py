"""A real file system of a few megabytes, to be filled to the last byte: a tmpfs in a mount namespace of its own."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest


class TinyDisk:
    """Mounted at `place` for whoever enters the namespace; seen from outside as `outside`.

    Args:
        place: an empty folder.
        megabytes: how much fits.
    """

    def __init__(self, place: Path, megabytes: int = 8) -> None:
        for tool in ("unshare", "nsenter", "mount"):
            if shutil.which(tool) is None:
                pytest.skip(f"filling a disk needs the program {tool}")
        self.place = place
        mount = f'mount -t tmpfs -o size={megabytes}m none "$0" && echo ready && exec cat'
        self._holder = subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", mount, str(place)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "ready\n":
            _, errors = self._holder.communicate()
            pytest.skip(f"filling a disk needs the right to mount in a namespace of one's own: {errors.strip()}")
        self.outside = Path(f"/proc/{self._holder.pid}/root{place}")
        self._filler = self.outside / "filler"

    @property
    def enter(self) -> Sequence[str]:
        """What to put before a command for it to see the disk."""
        return ("nsenter", "--target", str(self._holder.pid), "--user", "--mount", "--preserve-credentials")

    def leave(self, free_bytes: int) -> None:
        """Fill the disk until no more than this is free."""
        state = os.statvfs(self.outside)
        with self._filler.open("ab") as file:
            file.write(b"\0" * max(0, state.f_bavail * state.f_frsize - free_bytes))

    def make_space(self) -> None:
        """Everything `leave` took is free again."""
        self._filler.unlink()

    def clear(self) -> None:
        """Nothing lies on it any more."""
        for path in self.outside.iterdir():
            path.unlink() if path.is_file() else shutil.rmtree(path)

    def copied(self, name: str, to: Path) -> Path:
        """A copy of a folder on the disk, for what follows links by name (SQLite) and would end outside."""
        return Path(shutil.copytree(self.outside / name, to))

    def unmount(self) -> None:
        """Forget it."""
        self._holder.communicate()
