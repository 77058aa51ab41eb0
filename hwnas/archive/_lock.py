"""A lock between processes that goes when its holder does, killed or not, on every system SQLite runs on."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hwnas.archive._database import saying
from hwnas.contracts.waiting import wait_until


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock `path`, a file that is made when missing; wait for it as long as another process holds it.

    Raises:
        InputError: the file cannot be made or used.
    """
    with saying(path):
        connection = sqlite3.connect(path, timeout=0, isolation_level=None)

    def take() -> bool:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    with closing(connection):
        with saying(path):  # SQLite itself would wait where no Ctrl-C is heard
            wait_until(take, f"another process that works in {path.parent} (lock {path})")
        yield
