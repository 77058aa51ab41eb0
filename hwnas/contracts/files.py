"""Files: written so that a kill, or a full disk, leaves either the old content or the new; read up to a limit."""

import gzip
import io
import os
import stat
import zlib
from pathlib import Path
from typing import IO

from hwnas.contracts.errors import InputError, shown
from hwnas.contracts.leftovers import hold, temporary_for
from hwnas.contracts.limits import MOST_BYTES
from hwnas.contracts.outputs import remembered

_GZIPPED = b"\x1f\x8b"


def read_limited(path: Path, most: int = MOST_BYTES, kind: str = "file") -> bytes:
    """The bytes of a file as they are, also of a pipe or a device that never ends.

    Raises:
        InputError: it cannot be read, or holds more than `most` bytes.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except (OSError, ValueError) as error:  # the latter: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"Cannot read the {kind} {shown(path)}: {reason}; check the path.") from error
    if len(raw) > most:
        raise InputError(f"{path} holds more than {most} bytes, too many for what it should be; check the path.")
    return raw


def unpacked(path: Path, raw: bytes, most: int = MOST_BYTES) -> bytes:
    """`raw`, the bytes of `path`, unpacked where they are gzipped.

    Raises:
        InputError: they are damaged, or unpack to more than `most` bytes.
    """
    if not raw.startswith(_GZIPPED):
        return raw
    data = read_gzipped(path, io.BytesIO(raw), most + 1)
    if len(data) > most:
        raise InputError(f"{path} unpacks to more than {most} bytes, too many for what it should be; check the file.")
    return data


def read_gzipped(path: Path, file: IO[bytes], most: int) -> bytes:
    """At most so many bytes of what `file`, which is gzipped, unpacks to.

    Raises:
        InputError: it is damaged.
    """
    try:
        with gzip.open(file) as inner:
            return inner.read(most)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be unpacked: {error}; get it again.") from error


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write `data` to `path`: to a temporary file in the same folder, flushed to disk, then renamed.

    A new file has the mode that the umask leaves, another one keeps its own. What a link points to is written; a device
    or a pipe, such as ``/dev/null``, is written to and stays what it is.

    Raises:
        InputError: the folder cannot be written or the disk is full; whatever was at `path` is untouched.
    """
    raw = data.encode() if isinstance(data, str) else data
    try:
        with remembered(path, raw):
            _write_into(path, raw) if _is_stream(path) else _replace(Path(os.path.realpath(path)), raw)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"Cannot write {path} ({len(raw)} bytes): {reason}; free space or choose another folder."
        ) from error


def _is_stream(path: Path) -> bool:
    """Whether `path` takes bytes without keeping them, or is a file that somebody else has open under that name."""
    opened = path.is_absolute() and path.parts[1:2] in {("dev",), ("proc",)} and path.parts[1:3] != ("dev", "shm")
    return path.exists() and not path.is_dir() and (opened or not path.is_file())


def _write_into(path: Path, raw: bytes) -> None:
    with path.open("wb") as file:
        file.write(raw)


def _replace(path: Path, raw: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_for(path)
    mode = stat.S_IMODE(path.stat().st_mode) if path.is_file() else None
    try:
        with temporary.open("xb") as file:  # with the mode that the umask leaves
            hold(file.fileno())
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
            if mode is not None:
                temporary.chmod(mode)
            temporary.replace(path)
    except BaseException:  # an interrupt, say
        temporary.unlink(missing_ok=True)
        raise
