"""Options that belong together are typed one by one, and reach a command as one object."""

import inspect
from collections.abc import Mapping

import typer
from typer.testing import CliRunner

from hwnas.cli._grouped import grouped, option


def made(asked: Mapping[str, object]) -> dict[str, object]:
    return dict(asked)


OPTIONS = [option("width", int, 3), option("name", str, "x")]


def command(place: str, limits: dict[str, object], quick: bool = False) -> None:  # noqa: FBT001, FBT002  as typer has it
    """Says what it got."""
    typer.echo(f"{place} {limits} {quick}")


def test_the_options_stand_where_the_object_stood() -> None:
    run = grouped("limits", OPTIONS, made)(command)
    assert list(inspect.signature(run).parameters) == ["place", "width", "name", "quick"]
    assert run.__doc__ == command.__doc__


def test_what_is_typed_and_what_is_not_reach_the_command_as_one_object() -> None:
    app = typer.Typer()
    app.command()(grouped("limits", OPTIONS, made)(command))
    ended = CliRunner().invoke(app, ["here", "--width", "5", "--quick"])
    assert ended.exit_code == 0, ended.output
    assert ended.output.strip() == "here {'width': 5, 'name': 'x'} True"
    assert CliRunner().invoke(app, ["here", "--width", "five"]).exit_code == 2
