"""The archive: append-only results, raw timings, and small records, safe against a kill at any instant.

What is asked is a trial *and* the provenance of its answer: of another device, code or function another answer is
kept beside the first. The first answer is kept for ever; adding another is no error and changes nothing, so a repeated
or concurrent evaluation does no harm. Who asked for a trial is stored apart from its answer: a *search* is one
strategy's sequence of batches, and several searches share all answers of one provenance.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from hwnas.archive._database import connect, saying, transaction
from hwnas.archive._dominance import front_of
from hwnas.archive._merged import newest
from hwnas.archive._rows import (
    RESULT,
    TIMING,
    TRIAL,
    checked,
    provenance_text,
    result_row,
    to_result,
    to_trial,
    trial_row,
    with_checksum,
)
from hwnas.archive.records import Record, SearchRecord
from hwnas.contracts.device import Timing
from hwnas.contracts.objective import Objective
from hwnas.contracts.places import expanded
from hwnas.contracts.trial import Result, Trial

IN_MEMORY = ":memory:"
R = TypeVar("R", bound=Record)


class Archive:
    """One SQLite file, or ``":memory:"``. Several processes, and threads of one, may use one file at a time.

    Every method may raise `InputError`: damaged file, full disk, no right to write. What was stored stays.

    Args:
        path: the file; made with its folders when absent.

    Raises:
        InputError: the file is damaged, of another program, or of a newer hwnas; it is left as it is.
    """

    def __init__(self, path: str | Path = IN_MEMORY) -> None:
        self.path = None if str(path) == IN_MEMORY else expanded(path)
        self._connection = connect(self.path)
        self._one_at_a_time = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Archive({str(self.path or IN_MEMORY)!r}, {len(self)} results)"

    def close(self) -> None:
        """Give the file back; an archive in memory is gone."""
        with self._one_at_a_time:
            self._connection.close()

    @contextmanager
    def _using(self) -> Iterator[None]:
        with self._one_at_a_time, saying(self.path):
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._using(), transaction(self._connection):
            yield

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        with self._using():
            return self._connection.execute(sql, values).fetchall()

    # Results

    def __len__(self) -> int:
        return int(self._rows("SELECT count(*) FROM results")[0][0])

    def add(self, result: Result) -> Result:
        """Store one result in one transaction; give back what is stored for its trial and provenance, the first one."""
        row = result_row(result)
        marks = ", ".join("?" * len(row))
        with self._writing():
            self._connection.execute(
                f"INSERT INTO results ({RESULT}) VALUES ({marks}) "  # noqa: S608  our own words only
                f"ON CONFLICT ({TRIAL}, provenance) DO NOTHING",
                row,
            )
        stored = self.get(result.trial, result.provenance)
        assert stored is not None  # noqa: S101  just inserted, and nothing deletes
        return stored

    def get(self, trial: Trial, provenance: Mapping[str, str] | None = None) -> Result | None:
        """The answer of that provenance to a trial, if there is one."""
        rows = self._rows(
            f"SELECT {RESULT} FROM results WHERE architecture = ? AND fidelity = ? AND seed = ? "  # noqa: S608
            "AND provenance = ?",
            (*trial_row(trial), provenance_text(provenance or {})),
        )
        with self._using():
            return to_result(rows[0]) if rows else None

    def results(self, search: str | None = None) -> list[Result]:
        """All results in the order they came; of a search: those it asked for, in the order it asked.

        What is left of a batch when a search ends is not its own, also where another search has it answered.
        """
        columns = ", ".join(f"results.{column}" for column in RESULT.split(", "))
        if search is None:
            rows = self._rows(f"SELECT {columns} FROM results ORDER BY id")  # noqa: S608
        else:
            rows = self._rows(
                f"SELECT {columns} FROM proposals JOIN searches ON name = search "  # noqa: S608
                f"JOIN results USING ({TRIAL}, provenance) WHERE search = ? ORDER BY batch, position "
                "LIMIT ifnull((SELECT ended FROM searches WHERE name = ?), -1)",
                (search, search),
            )
        with self._using():
            return [to_result(row) for row in rows]

    # Searches

    def begin(self, name: str, record: SearchRecord) -> SearchRecord:
        """Record what the search of that name is, unless it was begun before; give back what is recorded."""
        provenance = provenance_text(record.provenance)
        row = with_checksum(name, record.role, record.model_dump_json(), provenance, None)
        with self._writing():
            self._connection.execute("INSERT OR IGNORE INTO searches VALUES (?, ?, ?, ?, ?, ?)", row)
        return self.searches()[name]

    def searches(self, role: str | None = None) -> dict[str, SearchRecord]:
        """All searches by name, sorted, or those of one role."""
        with self._using():
            rows = self._rows("SELECT * FROM searches ORDER BY name")
            return {row[0]: SearchRecord.parse(row[2]) for row in rows if role in (None, row[1])}

    def end(self, name: str, evaluations: int) -> None:
        """Record that a search came to its end, after so many evaluations; a longer one of that name stays so."""
        with self._writing():
            row = self._rows("SELECT * FROM searches WHERE name = ?", (name,))[0]
            ended = with_checksum(*row[:-2], max(evaluations, row[-2] or 0))
            self._connection.execute("INSERT OR REPLACE INTO searches VALUES (?, ?, ?, ?, ?, ?)", ended)

    def ended(self, name: str) -> int | None:
        """After how many evaluations a search came to its end, by its budget of time for one; None: it did not."""
        rows = self._rows("SELECT ended FROM searches WHERE name = ?", (name,))
        return int(rows[0][0]) if rows and rows[0][0] is not None else None

    def propose(self, search: str, batch: int, trials: Sequence[Trial]) -> list[Trial]:
        """Record what a search asks for in its batch of that number; give back what is recorded.

        That is `trials`, unless the batch was recorded before (by an earlier run or another process).
        """
        with self._writing():
            rows = self._connection.execute(
                f"SELECT {TRIAL} FROM proposals WHERE search = ? AND batch = ? ORDER BY position",  # noqa: S608
                (search, batch),
            ).fetchall()
            if rows:
                return [to_trial(row) for row in rows]
            self._connection.executemany(
                "INSERT INTO proposals VALUES (?, ?, ?, ?, ?, ?, ?)",
                [with_checksum(search, batch, i, *trial_row(trial)) for i, trial in enumerate(trials)],
            )
        return list(trials)

    def batches(self, search: str) -> list[list[Trial]]:
        """Everything a search asked for, batch by batch."""
        rows = self._rows(
            f"SELECT {TRIAL}, batch FROM proposals WHERE search = ? ORDER BY batch, position",  # noqa: S608
            (search,),
        )
        batches: dict[int, list[Trial]] = {}
        with self._using():
            for row in rows:
                batches.setdefault(row[3], []).append(to_trial(row))
        return list(batches.values())

    # Dominance

    def front(
        self, objectives: Sequence[Objective], *, search: str | None = None, fidelity: str = "full"
    ) -> list[Result]:
        """Results, all of the newest provenance or a search's, that nothing dominates; see `front_of`."""
        return front_of(newest(self.results(search)), objectives, fidelity=fidelity)

    # Timings

    def add_timings(self, session: str, timings: Iterable[tuple[str, Timing]]) -> None:
        """Store raw timings, each with the key of its architecture, in one transaction; repeats are ignored."""
        with self._writing():
            self._connection.executemany(
                f"INSERT INTO timings (session, model, {', '.join(TIMING)}, checksum) "  # noqa: S608  no input
                f"VALUES (?, ?{', ?' * len(TIMING)}, ?) ON CONFLICT DO NOTHING",
                [with_checksum(session, key, *_timing_row(t)) for key, t in timings],
            )

    def timings(self, session: str) -> list[tuple[str, Timing]]:
        """A session's timings in the order they came; `Timing.model` numbers the keys in order of appearance."""
        rows = self._rows(
            f"SELECT session, model, {', '.join(TIMING)}, checksum FROM timings "  # noqa: S608  no input
            "WHERE session = ? ORDER BY id",
            (session,),
        )
        numbers: dict[str, int] = {}
        with self._using():
            whole_rows = [checked("timings", row)[1:] for row in rows]
        return [(row[0], Timing(numbers.setdefault(row[0], len(numbers)), *row[1:])) for row in whole_rows]

    # Records

    def put(self, name: str, record: Record) -> None:
        """Store, or replace, a record under its kind and a name."""
        with self._writing():
            self._connection.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", _record_row(name, record))

    def settle(self, name: str, record: R) -> R:
        """Store a record unless there is one of its kind and that name; give back what is stored.

        For what must not change during a run, such as its space: compare what comes back.
        """
        with self._writing():
            self._connection.execute("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?)", _record_row(name, record))
        stored = self.record(type(record), name)
        assert stored is not None  # noqa: S101  just inserted, and nothing deletes
        return stored

    def record(self, kind: type[R], name: str) -> R | None:
        """The record of that kind and name, if there is one."""
        rows = self._rows("SELECT content FROM records WHERE kind = ? AND name = ?", (kind.kind, name))
        with self._using():
            return kind.parse(rows[0][0]) if rows else None


def _record_row(name: str, record: Record) -> tuple[object, ...]:
    return with_checksum(record.kind, name, record.model_dump_json())


def _timing_row(timing: Timing) -> list[object]:
    """The columns `TIMING` as SQLite gives them back: its REAL columns hold no whole numbers."""
    values = [getattr(timing, column) for column in TIMING]
    return [*map(int, values[:2]), *(None if value is None else float(value) for value in values[2:])]
