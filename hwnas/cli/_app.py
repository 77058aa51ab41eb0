"""The command line: finds the commands, and turns errors into one sentence and an exit code."""

import importlib
import inspect
import io
import keyword
import os
import pkgutil
import sys
import warnings
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer
from typer.core import TyperCommand

from hwnas.cli._ending import say_error, say_warning
from hwnas.cli._left_out import left_out, with_left_out
from hwnas.cli._printing import complain, prepare_streams, say
from hwnas.contracts.errors import InputError
from hwnas.contracts.places import expanded
from hwnas.contracts.version import VERSION

_ORDER = (
    "demo",
    "spaces",
    "new",
    "elastic",
    "shrink",
    "train",
    "profile",
    "predict",
    "search",
    "show",
    "export",
    "promise",
    "report",
    "explain",
    "check",
)
# UsageError, by a way that holds whether typer brings its own click or takes the one that is installed.
_Usage = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])


def commands() -> list[str]:
    """Names of all commands, in the order a user meets them; new ones last."""
    files = [m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if not m.name.startswith("_")]
    names = {name.removesuffix("_") for name in files}
    return [name for name in _ORDER if name in names] + sorted(names - set(_ORDER))


def function_of(command: str) -> str:
    """What a command's file and function are called: as itself, save where that is a word of Python's own."""
    return f"{command}_" if keyword.iskeyword(command) else command


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """The same command, which ends in one sentence and an exit code of its own whatever is raised in it.

    Here and not around the whole application, for typer makes exit code 1 of some errors that come by it.
    """

    @wraps(command)
    def run(*arguments: object, **options: object) -> None:
        try:
            command(*arguments, **{name: _as_written(value) for name, value in options.items()})
        except _Usage:
            raise  # typer says it, with how the command is used
        except BaseException as error:  # noqa: BLE001  a panic of native code, or a library's exit, too
            sys.exit(say_error(error))

    return run


def _as_written(value: object) -> object:
    """Paths with ``~`` as shells expand it; those in ``--out=~/table.json`` they leave to the program."""
    if isinstance(value, list):
        return [_as_written(each) for each in value]
    return expanded(value) if isinstance(value, Path) else value


class _Command(TyperCommand):
    """A command whose options may do without a word (`LeftOut`), and that refuses empty paths: to `Path` an empty name
    is the current folder, which nobody meant.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  typer's click or another one's
        annotations = inspect.get_annotations(inspect.unwrap(cast("Callable[..., None]", self.callback)))
        told = {p.opts[0]: left_out(annotations.get(str(p.name))) for p in self.params}
        args = [*with_left_out(args, {option: word for option, word in told.items() if word is not None})]
        given, _, _ = self.make_parser(ctx).parse_args(args=[*args])
        for parameter in self.params:
            name, value = str(parameter.name), given.get(str(parameter.name))
            empty = "" in (value if isinstance(value, list | tuple) else [value])
            if empty and _takes_paths(annotations.get(name)):
                raise InputError(
                    f"{parameter.opts[0]} takes a file or folder, got an empty name; write '.' for the current folder."
                )
        return super().parse_args(ctx, args)


def _takes_paths(annotation: object) -> bool:
    return annotation is Path or any(map(_takes_paths, get_args(annotation)))


def make_app() -> typer.Typer:
    """The application with every command."""
    app = typer.Typer(
        name="hwnas",
        epilog="Start with: hwnas demo",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(hwnas)
    for name in commands():
        function = function_of(name)
        app.command(name, cls=_Command)(guarded(getattr(importlib.import_module(f"hwnas.cli.{function}"), function)))
    return app


def _say_version(asked: bool) -> None:  # noqa: FBT001  a flag of the command line
    if asked:
        say(f"hwnas {VERSION}")
        raise typer.Exit


def hwnas(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Hardware-aware sub-network search: models that keep a latency budget on your device."""


def _say_usage(error: typer.BadParameter) -> None:
    said = io.StringIO()
    error.show(said)
    for line in said.getvalue().splitlines():
        complain(line)


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 promise cannot be kept, 2 bad input, 3 device trouble, 70 a fault."""
    # PyTorch reads it when loaded. Beside other work, threads that spin while waiting take thrice as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    prepare_streams()
    warnings.showwarning = say_warning
    try:
        sys.exit(make_app()(standalone_mode=False))
    except _Usage as error:
        _say_usage(error)
        sys.exit(error.exit_code)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  before or after the command: whatever it is, not exit code 1
        sys.exit(say_error(error))
