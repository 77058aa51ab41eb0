"""Opening the SQLite file with care, and turning what SQLite says into one sentence.

A file that is not ours is recognised before anything could write to it. Writers wait for one another; readers
never wait (write-ahead log). A commit is flushed to disk, because what it holds took minutes to measure.

SQLite checks its own structure but not what is in it: a bit that flips in a figure is a figure. So every row ends in
a checksum of what it says (see `_rows`), and the tables must be declared exactly as below.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hwnas.archive._rows import checked
from hwnas.contracts.errors import MOST_QUOTED, InputError

APPLICATION_ID = 0x68776E61  # "hwna" in ASCII, stored in the file's header
SCHEMA_VERSION = 2
WAIT_SECONDS = 60.0

_TABLES = {
    "results": """CREATE TABLE results (
    id INTEGER PRIMARY KEY,
    architecture TEXT NOT NULL, fidelity TEXT NOT NULL, seed INTEGER NOT NULL, provenance TEXT NOT NULL,
    figures TEXT NOT NULL, curve TEXT NOT NULL, cost_seconds REAL NOT NULL, error TEXT,
    device TEXT, code TEXT, checksum INTEGER NOT NULL, created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (architecture, fidelity, seed, provenance)
)""",
    "searches": """CREATE TABLE searches (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, content TEXT NOT NULL, provenance TEXT NOT NULL, ended INTEGER,
    checksum INTEGER NOT NULL
) WITHOUT ROWID""",
    "proposals": """CREATE TABLE proposals (
    search TEXT NOT NULL, batch INTEGER NOT NULL, position INTEGER NOT NULL,
    architecture TEXT NOT NULL, fidelity TEXT NOT NULL, seed INTEGER NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (search, batch, position)
) WITHOUT ROWID""",
    "timings": """CREATE TABLE timings (
    id INTEGER PRIMARY KEY,
    session TEXT NOT NULL, model TEXT NOT NULL, round INTEGER NOT NULL, runs INTEGER NOT NULL,
    wall_ms REAL NOT NULL, reference_wall_ms REAL NOT NULL, cpu_ms REAL, reference_cpu_ms REAL, others_busy REAL,
    checksum INTEGER NOT NULL, created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (session, model, round)
)""",
    "records": """CREATE TABLE records (
    kind TEXT NOT NULL, name TEXT NOT NULL, content TEXT NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (kind, name)
) WITHOUT ROWID""",
}


def connect(path: Path | None) -> sqlite3.Connection:
    """Open, or create, the database at `path`; None: in memory only. Whoever shares it between threads must see to it
    that one at a time uses it.

    Raises:
        InputError: the file is damaged, of another program or of a newer hwnas (it is left as it is), or the
            folder cannot be written.
    """
    if path is None:
        return _prepare(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
    with saying(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > 0:
            _look_before_touching(path)
        connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _refuse_strangers(connection, path)
            _log_writes_ahead(connection)
            return _prepare(connection)
        except BaseException:
            connection.close()
            raise


def _look_before_touching(path: Path) -> None:
    # Never by `open`: closing any handle of the file would drop the locks of this process's other connections.
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=WAIT_SECONDS)
    try:
        _refuse_strangers(connection, path)
    except sqlite3.OperationalError as error:
        # Killed in its very first write: only a writer may roll that back, and then it is looked at again.
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_READONLY_ROLLBACK:
            raise
    except sqlite3.DatabaseError as error:
        # What SQLite cannot read has no locks to lose, and may be opened.
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_NOTADB or _begins_as_sqlite(path):
            raise
        raise InputError(f"{path} is not an hwnas archive; choose another file, or move this one away.") from error
    finally:
        connection.close()


def _begins_as_sqlite(path: Path) -> bool:
    magic = b"SQLite format 3\0"
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _refuse_strangers(connection: sqlite3.Connection, path: Path) -> None:
    # One snapshot: another process may make the tables meanwhile, and what is read before it and after do not agree.
    connection.execute("BEGIN")
    try:
        _refuse_stranger_in(connection, path)
    finally:
        if connection.in_transaction:  # SQLite ends it by itself when it cannot read on
            connection.execute("ROLLBACK")


def _refuse_stranger_in(connection: sqlite3.Connection, path: Path) -> None:
    application, version, tables = (
        connection.execute(sql).fetchone()[0]
        for sql in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
    )
    if application == 0 and tables == 0:
        return  # new, or killed between making the file and making its tables
    if application != APPLICATION_ID:
        raise InputError(f"{path} is a database of another program; choose another file, or move this one away.")
    if version != SCHEMA_VERSION:
        raise InputError(
            f"{path} has archive version {version}, this hwnas reads {SCHEMA_VERSION}; "
            "use the hwnas that wrote it, or another file."
        )
    if (state := connection.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
        raise sqlite3.DatabaseError(str(state).replace("\n", " "))
    declared = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    if declared != _TABLES:
        raise sqlite3.DatabaseError("its tables are declared otherwise")
    # A row of these is looked for by its name, which would not be found if it were another one. The other tables are
    # found by an index, which SQLite has compared, and checked when they are read.
    for table in ("searches", "proposals", "records"):
        for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608  our own words
            checked(table, row)


def _log_writes_ahead(connection: sqlite3.Connection) -> None:
    # The only statement of ours for which SQLite does not wait when another process is at the same one.
    latest = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY or time.monotonic() > latest:
                raise
        time.sleep(0.01)


def _prepare(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("PRAGMA synchronous = FULL")
    with transaction(connection):
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            for statement in _TABLES.values():
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; takes the write lock at once, so that what is read inside stays true until the end."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # SQLite ends it by itself when the disk is full
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def saying(path: Path | None) -> Iterator[None]:
    """Turn what SQLite and the file system raise into one sentence about `path`."""
    name = "the archive in memory" if path is None else str(path)
    try:
        yield
    except sqlite3.OperationalError as error:
        if not hasattr(error, "sqlite_errorcode") or "no such" in str(error):  # what is stored cannot be read
            raise _damaged(name, error) from error
        raise InputError(
            f"Cannot use the archive {name}: {_in_a_line(error)}; check free space, rights, and that the folder "
            "exists. What was stored before is safe."
        ) from error
    except sqlite3.ProgrammingError as error:  # how it was used, such as after it was closed
        raise InputError(f"Cannot use the archive {name}: {error}; open it again.") from error
    except OSError as error:
        raise InputError(f"Cannot use the archive {name}: {error.strerror or error}; choose another place.") from error
    except (sqlite3.DatabaseError, ValueError) as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> InputError:
    return InputError(
        f"The archive {name} is damaged ({_in_a_line(error)}); it was left as it is: restore a copy, or name another "
        "file."
    )


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())[:MOST_QUOTED]
