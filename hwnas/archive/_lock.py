"""A lock between processes that goes when its holder does, killed or not, on every system SQLite runs on."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hwnas.archive._database import saying

_PATIENCE_SECONDS = 1e6  # eleven days; SQLite counts milliseconds in 32 bits


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock `path`, a file that is made when missing; wait for it as long as another process holds it.

    Raises:
        InputError: the file cannot be made or used.
    """
    with saying(path):
        connection = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None)
    with closing(connection):
        with saying(path):
            connection.execute("BEGIN EXCLUSIVE")
        yield
