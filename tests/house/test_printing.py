"""Commands print through one door, `hwnas.cli._printing`, which takes nothing for markup or for an escape sequence."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOORS = {"_printing.py", "_progress.py"}
COMMANDS = sorted(path for path in (ROOT / "hwnas" / "cli").glob("*.py") if path.name not in DOORS)
PRINTING = {"print", "echo", "secho", "write", "writelines", "Console"}


def offences(source: str) -> Iterator[int]:
    """Lines that print by a way of their own."""
    for node in ast.walk(ast.parse(source)):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        called = node.func if isinstance(node, ast.Call) else None
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if any(module.partition(".")[0] == "rich" for module in modules) or name in PRINTING:
            yield getattr(node, "lineno", 0)


@pytest.mark.parametrize("path", COMMANDS, ids=lambda p: p.name)
def test_a_command_prints_through_the_door_only(path: Path) -> None:
    assert [f"{path.name}:{line}" for line in offences(path.read_text())] == []


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("print('a')", True),
        ("typer.echo(f'{path}')", True),
        ("from rich.console import Console", True),
        ("import rich", True),
        ("console.print(f'[bold]{path}')", True),
        ("sys.stdout.write(path)", True),
        ("say(f'{path}')", False),
        ("from hwnas.cli._printing import say", False),
    ],
)
def test_the_rule_names_offenders_and_no_others(source: str, wrong: bool) -> None:  # noqa: FBT001
    assert bool(list(offences(source))) == wrong
