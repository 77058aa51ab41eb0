"""The command line: finds the commands, and turns errors into one sentence and an exit code."""

import importlib
import keyword
import os
import pkgutil
import sys
from pathlib import Path

import typer

from hwnas.cli._printing import problem
from hwnas.contracts.errors import HwnasError

INTERRUPTED = 130
_ORDER = ("demo", "spaces", "train", "profile", "predict", "search", "show", "export", "report", "explain", "check")


def commands() -> list[str]:
    """Names of all commands, in the order a user meets them; new ones last."""
    files = [m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if not m.name.startswith("_")]
    found = {name.removesuffix("_") for name in files}
    return [name for name in _ORDER if name in found] + sorted(found - set(_ORDER))


def function_of(command: str) -> str:
    """What a command's file and function are called: as itself, save where that is a word of Python's own."""
    return f"{command}_" if keyword.iskeyword(command) else command


def make_app() -> typer.Typer:
    """The application with every command."""
    app = typer.Typer(
        name="hwnas",
        help="Hardware-aware sub-network search: models that keep a latency budget on your device.",
        epilog="Start with: hwnas demo",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name in commands():
        function = function_of(name)
        app.command(name)(getattr(importlib.import_module(f"hwnas.cli.{function}"), function))
    return app


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 promise cannot be kept, 2 bad input, 3 device trouble."""
    # PyTorch reads it when loaded. Beside other work, threads that spin while waiting take thrice as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        make_app()()
    except HwnasError as error:
        problem(str(error))
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:  # what typer makes of Ctrl-C
            problem("Stopped. Nothing measured is lost: the same command continues.")
        raise
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        problem(f"The system refused{where}: {error.strerror or error}; free the place or choose another.")
        sys.exit(2)
