"""Every command, with something broken in whatever it calls."""

import ast
import errno
import importlib
import shlex
import tempfile
from pathlib import Path

import pytest

from hwnas.cli._app import commands, function_of
from hwnas.contracts.errors import DeviceError, InputError, PromiseError
from tests.cli.conftest import Command
from tests.cli.conftest import command as command  # noqa: PLC0414  a fixture


class Panic(BaseException):
    """What native code raises when it gives up; not an `Exception`."""


class Broken:
    """Stands for anything; whatever is done with it ends in `fault`."""

    def __init__(self, fault: BaseException) -> None:
        self._fault = fault

    def __call__(self, *_: object, **__: object) -> None:
        raise self._fault

    def __getattr__(self, name: str) -> None:
        raise self._fault


def break_what_it_calls(monkeypatch: pytest.MonkeyPatch, name: str, fault: BaseException) -> list[str]:
    """Every name that the command imports late, from the rooms beneath, is broken; these are given back."""
    module = importlib.import_module(f"hwnas.cli.{function_of(name)}")
    late = [
        (importlib.import_module(str(node.module)), alias.name)
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text()))
        if isinstance(node, ast.ImportFrom) and node.col_offset and str(node.module).startswith("hwnas.")
        for alias in node.names
    ]  # all are imported before one is broken, or a module would keep a broken name of another for good
    for home, called in late:
        monkeypatch.setattr(home, called, Broken(fault))
    return [f"{home.__name__}.{called}" for home, called in late]


def example(name: str) -> list[str]:
    """The words of the example in the command's help."""
    module = importlib.import_module(f"hwnas.cli.{function_of(name)}")
    return shlex.split(str(getattr(module, function_of(name)).__doc__).rpartition("Example: hwnas ")[2])


@pytest.mark.parametrize("name", commands())
@pytest.mark.parametrize(
    "fault",
    [
        TypeError("unsupported operand [b]markup[/b] \x1b[31m"),
        EOFError(),  # a typer that is asked makes exit code 1 of these three
        BrokenPipeError(errno.EPIPE, "Broken pipe"),
        SystemExit(1),
        Panic("x" * 10_000),
        MemoryError(),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_an_error_nobody_foresaw_has_an_exit_code_of_its_own_and_its_traceback_in_a_file(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, fault: BaseException
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert break_what_it_calls(monkeypatch, name, fault)
    ended = command(*example(name))
    assert ended.code == 70, ended.errors
    assert ended.errors.count("\n") == 1
    assert len(ended.errors) < 600 + len(str(tmp_path))
    assert "\x1b" not in ended.errors
    (kept,) = tmp_path.glob("hwnas-traceback-*.txt")
    assert str(kept) in ended.errors
    assert "Traceback (most recent call last)" in kept.read_text()
    assert type(fault).__name__ in kept.read_text()
    places = (f"{function_of(name)}.py", "_limits.py")  # the command, or what reads its limits before it begins
    assert any(str(Path("hwnas") / "cli" / place) in kept.read_text() for place in places)


@pytest.mark.parametrize("name", commands())
@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (PromiseError("It is too slow."), 1, "hwnas: It is too slow."),
        (InputError("No such thing."), 2, "hwnas: No such thing."),
        (DeviceError("It is too hot."), 3, "hwnas: It is too hot."),
        (OSError(errno.ENOSPC, "No space left on device", "x[1]"), 2, "(x[1]): No space left on device"),
        (KeyboardInterrupt(), 130, "Nothing measured is lost"),
    ],
    ids=["promise", "input", "device", "place", "interrupt"],
)
def test_what_was_foreseen_is_one_sentence_with_its_exit_code(
    command: Command, monkeypatch: pytest.MonkeyPatch, name: str, fault: BaseException, code: int, words: str
) -> None:
    break_what_it_calls(monkeypatch, name, fault)
    ended = command(*example(name))
    assert ended.code == code
    assert words in ended.errors
    assert ended.errors.count("\n") == 1
