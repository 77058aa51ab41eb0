"""Temporary folders that do not stay, whatever ends the process that made them.

Who leaves in order removes its folder. Who is killed cannot; so each folder holds a file that its owner has locked, and
whoever makes the next folder removes those whose owner is gone. A lock tells that in every container and after every
restart, where a process's number may be another's by now.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "hwnas-"
_OWNER = ".owner"
_own_folders: set[Path] = set()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """An empty folder of this process's own, which is removed afterwards."""
    place = Path(tempfile.gettempdir())
    _remove_abandoned(place)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    _own_folders.add(folder)
    owner = None
    try:
        owner = _own(folder)
        files = folder / "files"
        files.mkdir()
        yield files
    finally:
        if owner is not None:
            os.close(owner)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():  # else it is tried again when the process ends
            _own_folders.discard(folder)


def remove_own_folders() -> None:
    """For who ends this process at once, without leaving them."""
    for folder in list(_own_folders):
        for _ in range(20):  # another thread, or a process that is being ended, may still write into it
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.05)


def _own(folder: Path) -> int | None:
    """Lock a file in the folder, under its name only once it is locked; nothing where the system has no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    preliminary = folder / f"{_OWNER}.new"
    handle = os.open(preliminary, os.O_RDWR | os.O_CREAT, 0o600)
    with suppress(OSError):  # a file system without locks: the folder stays if we are killed
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        preliminary.rename(folder / _OWNER)
    return handle


def _remove_abandoned(place: Path) -> None:
    """The folders of this user's whose owners are gone."""
    for owner in place.glob(f"{PREFIX}*/{_OWNER}"):
        with suppress(OSError):  # another user's, or somebody else removes it too
            if _is_gone(owner):
                shutil.rmtree(owner.parent, ignore_errors=True)


def _is_gone(owner: Path) -> bool:
    try:
        import fcntl
    except ImportError:
        return False
    handle = os.open(owner, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if {os.fstat(handle).st_uid, owner.parent.lstat().st_uid} != {os.geteuid()}:
            return False
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True
