"""The command line, in this process for speed and in one of its own for truth."""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hwnas.cli import main
from tests.pipeline.conftest import finished as finished  # noqa: PLC0414  a fixture, made once for all commands
from tests.plugged import plug_in
from tests.runs import Console, tiny_run


@dataclass(frozen=True)
class Ended:
    """What a command left: exit code, and its words."""

    code: int
    output: str
    errors: str


Command = Callable[..., Ended]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs a command in this process, in a folder of its own, with the things of `tests.plugged` plugged in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.syspath_prepend(str(plug_in(tmp_path / "plugged")))
    importlib.invalidate_caches()

    def run(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["hwnas", *map(str, words)])
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        shown = capsys.readouterr()
        assert isinstance(code, int)
        return Ended(code, shown.out, shown.err)

    return run


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """The command line in processes of its own."""
    return Console(tmp_path)


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run with a tiny supernet, nothing measured yet."""
    return tiny_run(tmp_path / "run")
