"""Runs to test commands and the pipeline on: tiny supernets, and the real command line in a process of its own."""

import os
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from itertools import count
from pathlib import Path

from hwnas.archive import Archive
from hwnas.supernet import Supernet
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.sandwich import sandwich
from tests.halting import Halt
from tests.plugged import plug_in, tiny_space, tiny_task
from tests.warm import ROOT, Started, warm

SEARCH = ("--device", "simulated", "--evaluations", "16", "--samples", "24", "--preset", "rapid")
SAVE_OFTEN = """
from functools import partialmethod
import hwnas.training._loop as loop
loop.Trainer.run = partialmethod(loop.Trainer.run, save_seconds=0.0)
"""


@cache
def tiny_supernet() -> Supernet:
    """Trained so briefly that larger sub-networks are not all better; of the task ``tiny``."""
    supernet = Supernet(tiny_space())
    with tempfile.TemporaryDirectory() as folder:
        recipe = Recipe(epochs=8, batch_size=24, learning_rate=0.05, warmup_steps=2)
        Trainer(supernet, tiny_task(), sandwich(supernet.space), recipe, Path(folder)).run()
    return supernet


def tiny_run(folder: Path) -> Path:
    """A folder with that supernet."""
    tiny_supernet().save(folder)
    return folder


class Console:
    """The installed command line with the things of `tests.plugged` plugged in.

    Args:
        folder: for the plug-in; the working folder of the commands.
        within: what to put before the process that commands are forked from.
    """

    def __init__(self, folder: Path, *, within: Sequence[str] = ()) -> None:
        self.folder, self.within = folder, tuple(within)
        self.plugged = plug_in(folder / "plugged")
        self._numbers = count()

    def start(self, *words: object, before: str = "") -> Started:
        """Begin a command; `before` is run first in the same process."""
        order = {
            "code": f"{before}\nfrom hwnas.__main__ import main\nmain()",
            "words": list(map(str, words)),
            "folder": str(self.folder),
            "environment": {
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(self.plugged), str(ROOT)]),
                "OMP_NUM_THREADS": "1",
                "COLUMNS": "200",
            },
        }
        return Started(warm(self.within), order, self.plugged.with_name(f"said{next(self._numbers)}"))

    def run(self, *words: object, before: str = "") -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        process = self.start(*words, before=before)
        output, errors = process.communicate()
        assert process.returncode is not None
        return subprocess.CompletedProcess(list(map(str, words)), process.returncode, output, errors)

    def during(self, halt: Halt, then: Callable[[], object], *words: object) -> subprocess.CompletedProcess[str]:
        """A command to its end that waits for `then` at `halt`."""
        process = self.start(*words, before=halt.code)
        try:
            assert halt.reached_by(process), process.errors
            then()
            halt.end()
            output, errors = process.communicate()
            assert process.returncode is not None
            return subprocess.CompletedProcess(list(map(str, words)), process.returncode, output, errors)
        finally:
            process.kill()
            process.communicate()

    def kill_at(self, halt: Halt, *words: object) -> None:
        """A command that is killed at `halt`."""
        process = self.start(*words, before=halt.code)
        try:
            assert halt.reached_by(process), process.errors
        finally:
            process.kill()
            process.communicate()
        halt.end()
        assert process.returncode == -signal.SIGKILL


def rows(database: Path, table: str) -> int:
    """How many rows a table of an archive has; 0 while it does not exist."""
    if not database.is_file():
        return 0
    try:
        connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=10)
        try:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608
        finally:
            connection.close()
    except sqlite3.OperationalError:
        return 0


def answered(folder: Path) -> list[tuple[object, ...]]:
    """Every evaluation of a run with the time it took, as one row each."""
    with Archive(folder / "study.db") as archive:
        return [(r.trial.architecture, tuple(r.figures.items()), r.cost_seconds) for r in archive.results()]
