"""Temporary files: how they are called while a file is being written, and which of them a kill has left."""

import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_MARK = ".hwnas-"
_LEFTOVER = re.compile(r"\..*\.hwnas-[0-9a-f]{8}")
_ABANDONED_SECONDS = 60.0  # a file this long unchanged is not being written, where locks do not tell
_HELD_WITHIN_SECONDS = 1.0  # of being made


def temporary_for(path: Path) -> Path:
    """A new name beside `path`, for what is to become it."""
    return path.with_name(f".{path.name[-200:]}{_MARK}{secrets.token_hex(4)}")


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of writes into `folder`, and the folders in it, that were killed.

    What another process is writing at this moment, or may be, is left.
    """
    for path in folder.rglob(f".*{_MARK}*"):
        with suppress(OSError):  # another process was quicker, or nothing may be changed here: whoever writes will say
            if _LEFTOVER.fullmatch(path.name) and _is_abandoned(path):
                path.unlink()


def hold(descriptor: int) -> None:
    """Show other processes that a temporary file is being written, for as long as it is open."""
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_abandoned(path: Path) -> bool:
    """Whether nobody holds a temporary file, and it is older than the moment between making and holding it."""
    age = time.time() - path.stat().st_mtime
    if fcntl is None:
        return age > _ABANDONED_SECONDS
    with path.open("rb") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return age > _ABANDONED_SECONDS
    return age > _HELD_WITHIN_SECONDS
