"""What somebody's own code raised, in one line, and where."""

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hwnas.contracts.errors import HwnasError, InputError

T = TypeVar("T")


def where_raised(error: Exception) -> str:
    """Where in the user's own code an error arose: `` at FILE, line N (its text)``, or nothing."""
    ours, torch = Path(__file__).parents[1], getattr(sys.modules.get("torch"), "__file__", None)
    told = (ours, Path(torch).parent) if torch else (ours,)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _within(f.filename, told)]
    own = [f for f in frames if not {"site-packages", "dist-packages"} & set(Path(f.filename).parts)] or frames
    return f" at {own[-1].filename}, line {own[-1].lineno} ({own[-1].line})" if own else ""


def _within(filename: str, folders: tuple[Path, ...]) -> bool:
    return any(Path(filename).is_relative_to(folder) for folder in folders)


def in_one_line(error: Exception) -> str:
    """What it says, at most 200 characters."""
    return " ".join(str(error).split()).rstrip(".")[:200]


def outcome(fails: str, call: Callable[..., T], *given: object, **settings: object) -> T:
    """What a function of somebody's own gives.

    Args:
        fails: the beginning of the sentence that is said where it raises, such as ``mine.py:net cannot be made``.
        call: the function.
        given, settings: what it is called with.

    Raises:
        InputError: it raises anything, such as for a file that is missing; or says so itself.
    """
    try:
        return call(*given, **settings)
    except HwnasError:
        raise
    except Exception as error:
        raise InputError(
            f"{fails}: {type(error).__name__}: {in_one_line(error)}{where_raised(error)}; correct it."
        ) from error
