"""The application around the commands."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hwnas
from tests.cli.conftest import Command

ROOT = Path(hwnas.__file__).parents[1]


def loaded_after(code: str) -> set[str]:
    """Top-level modules that a new process has loaded."""
    code = f"import sys\n{code}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_version_is_the_packages(command: Command) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    ended = command("--version")
    assert (ended.code, ended.output) == (0, f"hwnas {version}\n")
    assert hwnas.__version__ == version


def test_it_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "hwnas", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"hwnas {hwnas.__version__}\n"


def test_help_and_mistyped_commands_load_nothing_heavy() -> None:
    heavy = {"torch", "onnx", "onnxruntime", "sklearn", "pymoo", "scipy", "numpy", "pydantic"}
    assert loaded_after("from hwnas.cli._app import make_app\nmake_app()") & heavy == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("serach",), "'search'"),
        (("spaces", "--nonsense"), "--nonsense"),
        (("search", "run", "--samples", "some"), "--samples"),
        (("spaces", "a", "b\x1b[31m"), r"b\x1b[31m"),
    ],
)
def test_a_command_that_is_not_understood_says_why_as_text(command: Command, words: tuple[str, ...], said: str) -> None:
    ended = command(*words)
    assert ended.code == 2
    assert "Usage" in ended.errors
    assert said in ended.errors.splitlines()[-1]
    assert "\x1b" not in ended.errors


def test_a_tilde_in_a_path_is_the_home_folder(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    ended = command("show", "~/run")
    assert f"No front at {tmp_path / 'home' / 'run'}" in ended.errors
