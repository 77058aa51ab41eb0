"""The steps of long work as bars, each with its own estimate."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from hwnas.cli._printing import errors, unfolded
from hwnas.contracts.printable import printable_line

if TYPE_CHECKING:  # loaded when first used, so that help is quick
    from hwnas.training._curve import StepDone


_WIDE = 110  # characters


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
            self._tasks[step] = self._progress.add_task(printable_line(step), total=total, note="")
        self._progress.update(self._tasks[step], completed=done, total=total)

    def note(self, text: str) -> None:
        """Say more of the current step, behind its bar."""
        if self._current in self._tasks:
            self._progress.update(self._tasks[self._current], note=printable_line(text))

    def finish(self) -> None:
        """Count the time of the current step so far."""
        self._progress.start()  # only now: what fails at once shows nothing but its sentence
        now = time.monotonic()
        self.seconds[self._current] = self.seconds.get(self._current, 0.0) + now - self._since
        self._since = now


def loss_and_rate(done: "StepDone") -> str:
    """What is said of a training's step: its loss, the mean over sub-networks, and its learning rate."""
    return f"loss {sum(done.losses.values()) / len(done.losses):.3g}, rate {done.rate:.2g}"


@contextmanager
def steps(*, shown: bool = True) -> Iterator[Steps]:
    """Bars while the work lasts, if they are to be `shown`; on standard error, so that standard output can be piped."""
    console = errors if errors.is_terminal else unfolded(stderr=True)
    is_wide = console.width >= _WIDE
    columns = (
        TextColumn("{task.description:<26}" if is_wide else "{task.description}", markup=False),
        BarColumn(bar_width=28 if is_wide else 10),
        MofNCompleteColumn(),
        *((TimeElapsedColumn(),) if is_wide else ()),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    progress = Progress(*columns, console=console, disable=not shown)
    try:
        yield Steps(progress)
    finally:
        if progress.tasks:
            progress.stop()
