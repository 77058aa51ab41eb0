"""The lock between processes: one at a time, and a kill frees it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from hwnas.archive import only_one
from hwnas.contracts.errors import InputError

HOLD = """
import sys, time
from pathlib import Path
from hwnas.archive import only_one
print("waiting", flush=True)
with only_one(Path(sys.argv[1])):
    print("holding", flush=True)
    time.sleep(60)
"""


def holder(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_who_comes_second_waits_until_the_first_is_killed(tmp_path: Path) -> None:
    first, second = holder(tmp_path / ".lock"), None
    try:
        assert [said(first), said(first)] == ["waiting", "holding"]
        second = holder(tmp_path / ".lock")
        assert said(second) == "waiting"
        time.sleep(0.3)
        assert second.poll() is None
        first.kill()
        assert said(second) == "holding"
    finally:
        for process in (first, second):
            if process is not None:
                process.kill()
                process.communicate()


def test_it_can_be_held_again_and_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), only_one(tmp_path / ".lock"):
            raise KeyError
    with only_one(tmp_path / ".lock"):
        pass


def test_a_lock_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot use the archive"), only_one(tmp_path / "nowhere" / ".lock"):
        pass
