"""What a user asked to have written: files of theirs in its place are not touched unless they say so.

For files that hwnas wrote at such a place, a digest is remembered in the user's cache. A file that still is what was
written there is replaced without a word; any other one, also one that was changed since, is the user's own.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from hwnas.contracts.errors import InputError

_WRITING: ContextVar[frozenset[str]] = ContextVar("_WRITING", default=frozenset())


@contextmanager
def outputs(paths: Iterable[Path], *, force: bool = False) -> Iterator[None]:
    """While this lasts, `paths` are where a command writes what it was asked for.

    Entering it refuses at once what is the user's own, before anything long is begun.

    Args:
        paths: files, there or not; a device such as ``/dev/null`` is written to as it is.
        force: replace files of the user, too.

    Raises:
        InputError: one is there that hwnas did not write there, or that was changed since, and it is not forced.
    """
    asked = list(paths)
    for path in asked:
        if not force and path.is_file() and not _is_ours(path):
            raise InputError(
                f"{path} is there already, and is not what hwnas wrote there; name another place, or replace it with "
                "--force (force=True)."
            )
    token = _WRITING.set(_WRITING.get() | {_place(path) for path in asked})
    try:
        yield
    finally:
        _WRITING.reset(token)


@contextmanager
def remembered(path: Path, data: bytes) -> Iterator[None]:
    """Around the writing of `data` to `path`: killed in it, both the old content and the new are known to be ours."""
    if _place(path) not in _WRITING.get():
        yield
        return
    new = _digest(data)
    with suppress(OSError, RuntimeError):  # without a cache there is no memory, and the next time --force is asked for
        old = {_digest(path.read_bytes())} if path.is_file() and _is_ours(path) else set[str]()
        _keep(path, {new} | old)
    yield
    with suppress(OSError, RuntimeError):
        _keep(path, {new})


def _is_ours(path: Path) -> bool:
    try:
        return _digest(path.read_bytes()) in _memory(path).read_text().split()
    except (OSError, RuntimeError):
        return False


def _keep(path: Path, digests: set[str]) -> None:
    memory = _memory(path)
    memory.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=memory.parent)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(sorted(digests)))
    Path(temporary).replace(memory)


def _memory(path: Path) -> Path:
    """Where the digests of what was written to `path` are kept."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "hwnas" / "written" / _digest(_place(path).encode())[:32]


def _place(path: Path) -> str:
    return os.path.realpath(path)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
