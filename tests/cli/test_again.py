import shlex
from pathlib import Path
from typing import Annotated

import pytest
import typer

from hwnas.cli._again import given
from tests.cli.conftest import Command


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the command `show`, replaced by one with every kind of parameter, says of itself."""
    found: list[str] = []

    def show(
        context: typer.Context,
        run: Path,  # noqa: ARG001  what the context tells of
        more: Annotated[list[Path] | None, typer.Option()] = None,  # noqa: ARG001
        flag: Annotated[bool, typer.Option("--flag")] = False,  # noqa: ARG001, FBT002
        number: Annotated[int, typer.Option("--number", "-n")] = 3,  # noqa: ARG001
        word: Annotated[str | None, typer.Option()] = None,  # noqa: ARG001
    ) -> None:
        found.extend(str(each) for each in given(context, without=("word",)))

    monkeypatch.setattr("hwnas.cli.show.show", show)
    return found


@pytest.mark.parametrize(
    ("asked", "again"),
    [
        ("show run", "hwnas show run"),
        (
            "show run --flag -n 3 --more a --more 'b c' --word x",
            "hwnas show run --more a --more 'b c' --flag --number 3",
        ),
    ],
)
def test_everything_that_was_given_is_named_again_and_nothing_else(
    command: Command, said: list[str], asked: str, again: str
) -> None:
    assert command(*shlex.split(asked)).code == 0
    assert said == shlex.split(again)
