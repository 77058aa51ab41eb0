"""What every strategy must keep when its process is killed at any instant, run over all that are found."""

import multiprocessing
import random
import signal
import time
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from hwnas.contracts.finding import names
from tests.searching import answered, asked, search


@pytest.fixture(scope="module")
def processes() -> Iterator[ForkServerContext]:
    """New processes for little: forked, each, from one that has loaded everything and searched nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.searching"])
    first = context.Process(target=len, args=((),))  # starts the server, which loads
    first.start()
    first.join()
    assert first.exitcode == 0
    yield context


def ended(processes: ForkServerContext, name: str, archive: Path) -> float:
    """A search to its end: the seconds it took."""
    began = time.monotonic()
    process = processes.Process(target=search, args=(name, archive, archive.with_suffix(".log")))
    process.start()
    process.join(120)
    assert process.exitcode == 0
    return time.monotonic() - began


def killed(processes: ForkServerContext, name: str, archive: Path, after_seconds: float) -> bool:
    """A search that is killed after so long, unless it ends before."""
    process = processes.Process(target=search, args=(name, archive, archive.with_suffix(".log")))
    process.start()
    process.join(after_seconds)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("name", names("strategies"))
def test_killed_at_any_instant_the_same_search_ends_as_if_uninterrupted(
    name: str, processes: ForkServerContext, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole.db", tmp_path / "broken.db"
    seconds = ended(processes, name, whole)
    share = random.random()
    while not killed(processes, name, broken, share * seconds):
        for file in tmp_path.glob("broken*"):  # it was quicker than the first: begin anew, and be quicker too
            file.unlink()
        share *= 0.7
    ended(processes, name, broken)
    where = f"killed after {share:.3f} of {seconds:.3f} s"
    assert broken.with_suffix(".front").read_text() == whole.with_suffix(".front").read_text(), where
    assert asked(broken) == asked(whole), where
    assert answered(broken) == answered(whole), where
    evaluated = [path.with_suffix(".log").read_text().splitlines() for path in (broken, whole)]
    assert len(set(evaluated[1])) == len(evaluated[1])
    assert len(evaluated[0]) - len(evaluated[1]) in (0, 1), where  # the one in flight, at most
