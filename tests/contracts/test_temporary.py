"""Temporary folders go with their owners, killed or not."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import hwnas
from hwnas.contracts.temporary import temporary_folder

STAY = """
import time
from hwnas.contracts.temporary import temporary_folder
with temporary_folder() as folder:
    (folder / "model.onnx").write_text("x")
    print(folder.parent, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.fixture
def owner(place: Path) -> Iterator[subprocess.Popen[str]]:  # noqa: ARG001  it is started there
    """Another process with a folder."""
    process = subprocess.Popen([sys.executable, "-c", STAY], stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def test_what_a_killed_process_leaves_goes_with_the_next_folder_and_nothing_else(
    place: Path, owner: subprocess.Popen[str]
) -> None:
    assert owner.stdout
    left = Path(owner.stdout.readline().strip())
    assert left.parent == place
    (place / "hwnas-mine").mkdir()  # of somebody who is not us
    (place / "hwnas-timing.lock").write_text("")
    with temporary_folder() as own:
        assert own.is_dir()
        assert not list(own.iterdir())
        assert (left / "files" / "model.onnx").is_file()  # its owner lives
    owner.kill()
    owner.wait()
    with temporary_folder():
        assert not left.exists()
    assert {path.name for path in place.iterdir()} == {"hwnas-mine", "hwnas-timing.lock"}


def test_it_is_gone_after_an_error_and_one_inside_another_is_no_harm(place: Path) -> None:
    with pytest.raises(KeyError), temporary_folder() as outer, temporary_folder() as inner:
        assert outer.is_dir()
        assert inner.is_dir()
        raise KeyError
    assert not list(place.iterdir())


def test_no_module_makes_temporary_folders_in_a_way_of_its_own() -> None:
    package = Path(hwnas.__file__).parent
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r"TemporaryDirectory|mkdtemp|NamedTemporaryFile", path.read_text(encoding="utf-8"))
    }
    assert found == {str(Path("contracts") / "temporary.py")}
