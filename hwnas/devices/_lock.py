"""One measurement at a time on this machine: two at once would time one another.

The lock belongs to an open file, so it goes when its process does, killed or not.
"""

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hwnas.contracts.errors import DeviceError
from hwnas.contracts.waiting import wait_until


@contextmanager
def only_measurement(patience_seconds: float) -> Iterator[None]:
    """Hold the machine's timing lock; wait for it at most `patience_seconds`.

    Raises:
        DeviceError: another process still times something, or the lock file cannot be used.
    """
    lock = _locking()
    path = Path(tempfile.gettempdir()) / "hwnas-timing.lock"
    handle = _open(path)

    def take() -> bool:
        try:
            lock(handle)
        except OSError:
            return False
        return True

    try:
        if not wait_until(take, f"another process that times models on this machine (lock {path})", patience_seconds):
            raise DeviceError(
                f"Another process has been timing models on this machine for {patience_seconds:g} s (lock {path}); "
                "wait for it, or stop it."
            )
        yield
    finally:
        os.close(handle)


def _locking() -> Callable[[int], object]:
    """What locks an open file, or raises OSError at once where another process has."""
    try:
        import fcntl
    except ImportError:
        return _locking_on_windows()
    return lambda handle: fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _locking_on_windows() -> Callable[[int], object]:
    try:
        import msvcrt
    except ImportError as error:
        raise DeviceError(
            "This Python has neither fcntl nor msvcrt, so nothing keeps two measurements from timing one another; time "
            "with a Python that has one of them, named by python=PATH in the device string."
        ) from error
    return lambda handle: msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]


def _open(path: Path) -> int:
    """Open for everybody: the file may be another user's. Not a pipe, which would wait for a writer for ever."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
    try:
        try:
            handle = os.open(path, flags)
        except FileNotFoundError:
            handle = os.open(path, flags | os.O_CREAT, 0o644)
    except OSError as error:
        raise DeviceError(f"Cannot open the timing lock {path}: {error.strerror}; make it readable.") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise DeviceError(f"The timing lock {path} is no plain file; remove it.")
    return handle
