"""The archive: append-only results, raw timings, and small documents, safe against a kill at any instant.

The first answer to a trial is kept for ever; adding another is no error and changes nothing, so a repeated or
concurrent evaluation does no harm. Who asked for a trial is stored apart from its answer: an *arm* is one
strategy's sequence of batches, and several arms share all answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hwnas.archive._database import connect, saying, transaction
from hwnas.archive._dominance import front_of
from hwnas.archive._rows import RESULT, TIMING, TRIAL, result_row, to_result, to_trial, trial_row
from hwnas.contracts.device import Timing
from hwnas.contracts.objective import Objective
from hwnas.contracts.places import expanded
from hwnas.contracts.trial import Result, Trial

IN_MEMORY = ":memory:"


class Archive:
    """One SQLite file, or ``":memory:"``. Several processes may use one file at a time.

    Every method may raise `InputError`: damaged file, full disk, no right to write. What was stored stays.

    Args:
        path: the file; made with its folders when absent.

    Raises:
        InputError: the file is damaged, of another program, or of a newer hwnas; it is left as it is.
    """

    def __init__(self, path: str | Path = IN_MEMORY) -> None:
        self.path = None if str(path) == IN_MEMORY else expanded(path)
        self._connection = connect(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Archive({str(self.path or IN_MEMORY)!r}, {len(self)} results)"

    def close(self) -> None:
        """Give the file back; an archive in memory is gone."""
        self._connection.close()

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        with saying(self.path):
            return self._connection.execute(sql, values).fetchall()

    # Results

    def __len__(self) -> int:
        return int(self._rows("SELECT count(*) FROM results")[0][0])

    def add(self, result: Result) -> Result:
        """Store one result in one transaction; give back what is stored for its trial, the first answer."""
        row = result_row(result)
        marks = ", ".join("?" * len(row))
        with saying(self.path), transaction(self._connection):
            self._connection.execute(
                f"INSERT INTO results ({RESULT}, device, code) VALUES ({marks}) "  # noqa: S608  our own words only
                f"ON CONFLICT ({TRIAL}) DO NOTHING",
                row,
            )
        stored = self.get(result.trial)
        assert stored is not None  # noqa: S101  just inserted, and nothing deletes
        return stored

    def get(self, trial: Trial) -> Result | None:
        """The answer to a trial, if there is one."""
        rows = self._rows(
            f"SELECT {RESULT} FROM results WHERE architecture = ? AND fidelity = ? AND seed = ?",  # noqa: S608
            trial_row(trial),
        )
        with saying(self.path):
            return to_result(rows[0]) if rows else None

    def results(self, arm: str | None = None) -> list[Result]:
        """All results in the order they came; of an arm: those it asked for, in the order it asked."""
        if arm is None:
            rows = self._rows(f"SELECT {RESULT} FROM results ORDER BY id")  # noqa: S608
        else:
            rows = self._rows(
                f"SELECT {RESULT} FROM proposals JOIN results USING ({TRIAL}) WHERE arm = ? "  # noqa: S608
                "ORDER BY batch, position",
                (arm,),
            )
        with saying(self.path):
            return [to_result(row) for row in rows]

    # Arms

    def propose(self, arm: str, batch: int, trials: Sequence[Trial]) -> list[Trial]:
        """Record what an arm asks for in its batch of that number; give back what is recorded.

        That is `trials`, unless the batch was recorded before (by an earlier run or another process).
        """
        with saying(self.path), transaction(self._connection):
            rows = self._connection.execute(
                f"SELECT {TRIAL} FROM proposals WHERE arm = ? AND batch = ? ORDER BY position",  # noqa: S608
                (arm, batch),
            ).fetchall()
            if rows:
                return [to_trial(row) for row in rows]
            self._connection.executemany(
                "INSERT INTO proposals VALUES (?, ?, ?, ?, ?, ?)",
                [(arm, batch, i, *trial_row(trial)) for i, trial in enumerate(trials)],
            )
        return list(trials)

    def batches(self, arm: str) -> list[list[Trial]]:
        """Everything an arm asked for, batch by batch."""
        rows = self._rows(
            f"SELECT {TRIAL}, batch FROM proposals WHERE arm = ? ORDER BY batch, position",  # noqa: S608
            (arm,),
        )
        batches: dict[int, list[Trial]] = {}
        with saying(self.path):
            for row in rows:
                batches.setdefault(row[3], []).append(to_trial(row))
        return list(batches.values())

    def arms(self) -> list[str]:
        """Names of all arms, sorted."""
        return [row[0] for row in self._rows("SELECT DISTINCT arm FROM proposals ORDER BY arm")]

    # Dominance

    def front(self, objectives: Sequence[Objective], *, arm: str | None = None, fidelity: str = "full") -> list[Result]:
        """Results, all or an arm's, that nothing dominates; see `front_of`."""
        return front_of(self.results(arm), objectives, fidelity=fidelity)

    # Timings

    def add_timings(self, session: str, timings: Iterable[tuple[str, Timing]]) -> None:
        """Store raw timings, each with the key of its architecture, in one transaction; repeats are ignored."""
        with saying(self.path), transaction(self._connection):
            self._connection.executemany(
                f"INSERT INTO timings (session, model, {', '.join(TIMING)}) "  # noqa: S608  no input
                f"VALUES (?, ?{', ?' * len(TIMING)}) ON CONFLICT DO NOTHING",
                [(session, key, *(getattr(t, column) for column in TIMING)) for key, t in timings],
            )

    def timings(self, session: str) -> list[tuple[str, Timing]]:
        """A session's timings in the order they came; `Timing.model` numbers the keys in order of appearance."""
        rows = self._rows(
            f"SELECT model, {', '.join(TIMING)} FROM timings WHERE session = ? ORDER BY id",  # noqa: S608  no input
            (session,),
        )
        numbers: dict[str, int] = {}
        return [(row[0], Timing(numbers.setdefault(row[0], len(numbers)), *row[1:])) for row in rows]

    # Documents

    def put_document(self, name: str, content: Mapping[str, object]) -> None:
        """Store, or replace, a small JSON object under a name."""
        text = json.dumps(dict(content), sort_keys=True)
        with saying(self.path), transaction(self._connection):
            self._connection.execute("INSERT OR REPLACE INTO documents VALUES (?, ?)", (name, text))

    def settle_document(self, name: str, content: Mapping[str, object]) -> dict[str, object]:
        """Store a JSON object unless there is one of that name; give back what is stored.

        For what must not change during a run, such as its space: compare what comes back.
        """
        text = json.dumps(dict(content), sort_keys=True)
        with saying(self.path), transaction(self._connection):
            self._connection.execute("INSERT OR IGNORE INTO documents VALUES (?, ?)", (name, text))
        return self.document(name) or {}

    def document(self, name: str) -> dict[str, object] | None:
        """The JSON object of that name, if there is one."""
        rows = self._rows("SELECT content FROM documents WHERE name = ?", (name,))
        with saying(self.path):
            return dict(json.loads(rows[0][0])) if rows else None
