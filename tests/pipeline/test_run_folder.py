"""Temporary files of killed writes go at the next start; nothing else does."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.leftovers import hold, remove_leftovers, temporary_for
from hwnas.pipeline.delivery.front import Front
from hwnas.pipeline.run_folder import Run
from tests.pipeline.conftest import reopened
from tests.plugged import Simulated

KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from hwnas.contracts.files import write_atomic
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
write_atomic(Path(sys.argv[1]), b"half")
"""


def leftover(path: Path) -> Path:
    """The temporary file a killed write of `path` leaves."""
    before = set(path.parent.glob(".*"))
    subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(path)], check=False)
    (found,) = set(path.parent.glob(".*")) - before
    assert found.read_bytes() == b"half"
    return found


def aged(path: Path) -> Path:
    long_ago = time.time() - 120
    os.utime(path, (long_ago, long_ago))
    return path


def test_what_killed_writes_left_goes_when_a_run_is_opened(tmp_path: Path) -> None:
    (tmp_path / "subnets").mkdir()
    left = [aged(leftover(tmp_path / "training.safetensors")), aged(leftover(tmp_path / "subnets" / "a.onnx"))]
    Run(tmp_path)
    assert not any(path.exists() for path in left)


def test_what_is_being_written_at_this_moment_stays(tmp_path: Path) -> None:
    path = temporary_for(tmp_path / "front.json")
    with path.open("wb") as file:
        hold(file.fileno())
        remove_leftovers(aged(path).parent)
        assert path.exists()
    remove_leftovers(tmp_path)
    assert not path.exists()


def test_what_may_not_be_held_yet_stays(tmp_path: Path) -> None:
    path = temporary_for(tmp_path / "front.json")
    path.touch()
    remove_leftovers(tmp_path)
    assert path.exists()


@pytest.mark.parametrize("name", [".lock", ".gitignore", ".front.json", ".notes.txt.abcdefgh", "a.json.hwnas-01234567"])
def test_what_is_not_ours_stays(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("mine")
    remove_leftovers(aged(path).parent)
    assert path.exists()


@pytest.mark.parametrize("name", ["front.json", "report.html", "front.svg"])
def test_a_file_of_the_users_in_a_run_stays_and_is_refused_before_anything_is_timed(searched: Path, name: str) -> None:
    study = reopened(searched)
    study.report(study.front())
    (searched / name).write_text("mine")
    again = Simulated()
    with pytest.raises(InputError, match=rf"{name} is there already, and is not what hwnas wrote there"):
        reopened(searched, again).search(30, samples=24)
    assert not again.timed
    assert (searched / name).read_text() == "mine"
    front = reopened(searched).search(16, samples=24, force=True)
    reopened(searched).report(front, force=True)
    assert (searched / name).read_text() != "mine"


def test_a_run_that_was_moved_knows_its_own_files(searched: Path, tmp_path: Path) -> None:
    study = reopened(searched)
    study.report(study.front())
    moved = reopened(searched.rename(tmp_path / "moved"))
    moved.report(moved.search(16, samples=24))


def test_a_model_in_a_run_that_was_moved_is_still_what_hwnas_wrote(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    model, elsewhere = run.folder / "model.onnx", tmp_path / "other" / "model.onnx"
    for path in (model, elsewhere):
        with run.outputs([path]):
            write_atomic(path, b"ours")
    moved = Run(run.folder.rename(tmp_path / "moved"))
    with moved.outputs([moved.folder / model.name]):
        pass
    with moved.outputs([elsewhere]):
        pass
    (moved.folder / model.name).write_bytes(b"mine")
    with pytest.raises(InputError, match="is not what hwnas wrote there"), moved.outputs([moved.folder / model.name]):
        pass


def test_until_a_shrinking_has_its_model_its_folder_says_that_it_goes_on(searched: Path) -> None:
    run, front_file = Run(searched), searched / "front.json"
    with pytest.raises(KeyboardInterrupt), run.being_shrunk():
        raise KeyboardInterrupt
    with pytest.warns(UserWarning, match="No member of this front is fine-tuned yet: a `hwnas shrink` was begun"):
        Front.read(front_file)
    kept = front_file.read_bytes()
    front_file.unlink()
    with pytest.raises(InputError, match=r"No front at .*: a `hwnas shrink` was begun .*; the same command goes on"):
        Front.read(front_file)
    with run.being_shrunk():
        front_file.write_bytes(kept)
    Front.read(front_file)  # without a warning


def test_a_shrinking_that_finds_no_model_has_ended(tmp_path: Path) -> None:
    with pytest.raises(PromiseError), Run(tmp_path).being_shrunk():
        raise PromiseError("none keeps the limits")
    with pytest.raises(InputError, match="search first with `hwnas search"):
        Front.read(tmp_path / "front.json")
