"""What the commands print: tables, one progress bar per step, the next command, one-sentence problems."""

import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

out = Console(highlight=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def problem(sentence: str) -> None:
    """One sentence on standard error."""
    _err.print(f"[red]hwnas:[/red] {escape(sentence)}")


def next_command(words: Sequence[object], purpose: str) -> None:
    """The command to try next, in words that a shell takes as they are meant, whatever is in them."""
    command = escape(shlex.join(map(str, words)))
    out.print(f"\nNext: [bold]{command}[/bold]  ({escape(purpose)})", soft_wrap=True)


def quiet_machine(slower: float) -> None:
    """What a latency on the scale of the quiet machine leaves out, where that is worth a sentence."""
    from hwnas.profiling.verdict import SLOWER

    if slower > SLOWER:
        out.print(f"That is on the quiet machine; it was {slower:.2f} times slower just now.")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A small table; first column left, the others right."""
    drawn = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        drawn.add_column(column, justify="left" if i == 0 else "right", overflow="fold")
    for row in rows:
        drawn.add_row(*map(escape, row))
    out.print(drawn)


class Steps:
    """Shows the steps of long work, each with its own bar and estimate, and remembers how long each took."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._since = time.monotonic()
        self._current = "starting"
        self.seconds: dict[str, float] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        """Step `step` is at `done` of `total`."""
        self.finish()
        self._current = step
        if step not in self._tasks:
            self._tasks[step] = self._progress.add_task(step, total=total)
        self._progress.update(self._tasks[step], completed=done, total=total)

    def finish(self) -> None:
        """Count the time of the current step so far."""
        self._progress.start()  # only now: what fails at once shows nothing but its sentence
        now = time.monotonic()
        self.seconds[self._current] = self.seconds.get(self._current, 0.0) + now - self._since
        self._since = now


@contextmanager
def steps() -> Iterator[Steps]:
    """Bars while the work lasts; on standard error, so that standard output can be piped."""
    columns = (
        TextColumn("{task.description:<26}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=_err)
    try:
        yield Steps(progress)
    finally:
        if progress.tasks:
            progress.stop()


def percent(share: float) -> str:
    """A fraction as percent."""
    return f"{share:.1%}"


def interval(share: float, bounds: tuple[float, float]) -> str:
    """A fraction with its interval, in percent."""
    return f"{share:.1%} ({bounds[0] * 100:.1f}-{bounds[1] * 100:.1f})"


def milliseconds(value: float) -> str:
    """Three digits that matter."""
    return f"{value:.3g} ms"


def kilobytes(size_bytes: float) -> str:
    """A size."""
    return f"{size_bytes / 1000:,.0f} kB"
