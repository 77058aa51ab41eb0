"""One measurement at a time on this machine: two at once would time one another.

The lock belongs to an open file, so it goes when its process does, killed or not.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hwnas.contracts.errors import DeviceError

POLL_SECONDS = 0.1


@contextmanager
def only_measurement(patience_seconds: float) -> Iterator[None]:
    """Hold the machine's timing lock; wait for it at most `patience_seconds`.

    Raises:
        DeviceError: another process still times something, or the lock file cannot be used.
    """
    import fcntl

    path = Path(tempfile.gettempdir()) / "hwnas-timing.lock"
    handle = _open(path)
    try:
        end = time.monotonic() + patience_seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > end:
                    raise DeviceError(
                        f"Another process has been timing models on this machine for {patience_seconds:g} s "
                        f"(lock {path}); wait for it, or stop it."
                    ) from None
                time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    """Open for everybody: the file may be another user's."""
    try:
        try:
            return os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    except OSError as error:
        raise DeviceError(f"Cannot open the timing lock {path}: {error.strerror}; make it readable.") from error
