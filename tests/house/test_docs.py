"""Documentation that fails when it is stale."""

import ast
import re
from pathlib import Path

import pytest

from hwnas.cli._app import commands, make_app

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
FILES = sorted((ROOT / "hwnas").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_there_are_commands() -> None:
    assert len(commands()) > 5
    assert [c.name for c in make_app().registered_commands] == commands()


@pytest.mark.parametrize("command", commands())
def test_every_command_has_help_that_shows_an_example(command: str) -> None:
    import typer.main

    help_ = typer.main.get_command(make_app()).commands[command].help  # type: ignore[attr-defined]
    assert help_
    assert re.search(rf"hwnas {command}\b", help_), "show the command as one would type it"


@pytest.mark.skipif(not README.is_file(), reason="README.md is not written yet")
@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_table_of_the_readme(command: str) -> None:
    rows = [line for line in README.read_text().splitlines() if line.startswith("|")]
    assert [row for row in rows if re.search(rf"`hwnas {command}\b", row)]


@pytest.mark.skipif(not README.is_file(), reason="README.md is not written yet")
def test_the_readme_names_no_command_that_does_not_exist() -> None:
    named = set(re.findall(r"`hwnas ([a-z]+)", README.read_text()))
    assert named <= set(commands())
