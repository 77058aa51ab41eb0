"""What a user asked to have written: files of theirs in its place are not touched unless they say so.

For files that hwnas wrote at such a place, a digest is remembered in the user's cache, or in a run's folder, which may
be moved. A file that still is what was written there is replaced without a word; any other one, also one that was
changed since, is the user's own.
"""

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from hwnas.contracts.errors import InputError, shown
from hwnas.contracts.places import user_cache

_WRITING: ContextVar[Mapping[str, Path | None]] = ContextVar("_WRITING", default={})  # noqa: B039  never changed


@contextmanager
def outputs(paths: Iterable[Path], *, force: bool = False, memory: Path | None = None) -> Iterator[None]:
    """While this lasts, `paths` are where a command writes what it was asked for.

    Entering it refuses at once what is the user's own, before anything long is begun.

    Args:
        paths: files, there or not; a device such as ``/dev/null`` is written to as it is.
        force: replace files of the user, too.
        memory: the folder of the digests, of files whose names differ; None: in the user's cache.

    Raises:
        InputError: one is there that hwnas did not write there, or that was changed since, and it is not forced; or
            one cannot be written, as it is a folder or its folder cannot be made or changed.
    """
    asked = list(paths)
    for path in asked:
        _refuse_unwritable(path)
        if not force and path.is_file() and not (_is_ours(path, memory) or _is_ours(path, None)):
            raise InputError(
                f"{path} is there already, and is not what hwnas wrote there; name another place, or replace it with "
                "--force (force=True)."
            )
    token = _WRITING.set({**_WRITING.get(), **{_place(path): memory for path in asked}})
    try:
        yield
    finally:
        _WRITING.reset(token)


def _refuse_unwritable(path: Path) -> None:
    """That is known before anything is timed."""
    try:
        mode = _mode(path)
        if mode is not None and stat.S_ISDIR(mode):
            raise InputError(f"{path} is a folder, where a file is to be written; name a file in it.")
        if mode is not None and not stat.S_ISREG(mode):  # a device, or a pipe: written to, and not replaced
            return
        folder = next(parent for parent in Path(os.path.realpath(path)).parents if parent.exists())
    except (OSError, ValueError) as error:  # a name that is too long, or has a NUL in it
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"Cannot write {shown(path)}: {reason}; choose another name.") from error
    if not folder.is_dir():
        raise InputError(f"Cannot write {shown(path)}: {shown(folder)} is no folder; choose another one.")
    try:
        with tempfile.TemporaryFile(dir=folder):  # rights do not tell all: nothing can be made in /proc, by nobody
            pass
    except OSError as error:
        raise InputError(
            f"Cannot write {shown(path)}: in the folder {shown(folder)} nothing can be made ({error.strerror}); choose "
            "another folder."
        ) from error


def _mode(path: Path) -> int | None:
    """What kind of thing is there, None for nothing; unlike `Path.exists`, which from Python 3.14 on says the same of a
    name that cannot be, it raises OSError or ValueError of such a one.
    """
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


@contextmanager
def remembered(path: Path, data: bytes) -> Iterator[None]:
    """Around the writing of `data` to `path`: killed in it, both the old content and the new are known to be ours."""
    writing, place = _WRITING.get(), _place(path)
    if place not in writing:
        yield
        return
    memory, new = writing[place], _digest(data)
    with suppress(OSError, RuntimeError):  # without a cache there is no memory, and the next time --force is asked for
        old = {_digest(path.read_bytes())} if path.is_file() and _is_ours(path, memory) else set[str]()
        _keep(path, memory, {new} | old)
    yield
    with suppress(OSError, RuntimeError):
        _keep(path, memory, {new})


def _is_ours(path: Path, memory: Path | None) -> bool:
    try:
        return _digest(path.read_bytes()) in _memory(path, memory).read_text().split()
    except (OSError, RuntimeError):
        return False


def _keep(path: Path, memory: Path | None, digests: set[str]) -> None:
    memory_file = _memory(path, memory)
    memory_file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=memory_file.parent)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(sorted(digests)))
    Path(temporary).replace(memory_file)


def _memory(path: Path, memory: Path | None) -> Path:
    """Where the digests of what was written to `path` are kept."""
    if memory is not None:
        return memory / path.name
    return user_cache() / "written" / _digest(_place(path).encode())[:32]


def _place(path: Path) -> str:
    return os.path.realpath(path)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
