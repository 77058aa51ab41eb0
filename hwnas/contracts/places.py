"""Paths as people write them."""

import os
from pathlib import Path

from hwnas.contracts.errors import InputError


def user_cache() -> Path:
    """The folder of what is remembered for this user; it may not be there.

    Raises:
        RuntimeError: the user has no home.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hwnas"


def expanded(path: Path | str) -> Path:
    """`path` with a leading ``~`` as the home folder it stands for, as a shell does it.

    A file or folder that is really called so is meant instead, and a home that nobody knows is left as written.

    Raises:
        InputError: the name is empty, which `Path` takes for the current folder.
    """
    if path == "":
        raise InputError("Expected the name of a file or folder, got an empty one; write '.' for the current folder.")
    written = Path(path)
    if not str(path).startswith("~") or written.exists():
        return written
    try:
        return written.expanduser()
    except RuntimeError:  # no such user, or a user without a home
        return written
