from pathlib import Path

import pytest

import hwnas
from hwnas.archive import Archive
from hwnas.contracts.errors import InputError
from hwnas.contracts.places import expanded
from hwnas.pipeline.run_folder import Run


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


def test_a_tilde_is_the_home_folder(home: Path) -> None:
    assert expanded("~/a") == expanded(Path("~/a")) == home / "a"
    assert expanded("~") == home
    assert expanded("a/~/b") == Path("a/~/b")


def test_a_file_that_is_called_so_and_an_unknown_user_are_left_as_written() -> None:
    Path("~x").touch()
    assert expanded("~x") == Path("~x")
    assert expanded("~nobody-of-that-name/a") == Path("~nobody-of-that-name/a")


def test_what_takes_a_folder_or_a_file_in_python_takes_a_tilde(home: Path) -> None:
    Run(Path("~/run"))
    Archive("~/search.db")
    assert (home / "run" / "study.db").is_file()
    assert (home / "search.db").is_file()
    with pytest.raises(hwnas.InputError, match=str(home)):
        hwnas.load_supernet("~/run")
    assert not list(Path().iterdir())


def test_an_empty_name_is_refused_and_not_the_current_folder() -> None:
    with pytest.raises(InputError, match="got an empty one"):
        expanded("")
