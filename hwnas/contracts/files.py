"""Writing files so that a kill, or a full disk, leaves either the old content or the new."""

import os
import tempfile
from pathlib import Path

from hwnas.contracts.errors import InputError


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write `data` to `path`: to a temporary file in the same folder, flushed to disk, then renamed.

    Raises:
        InputError: the folder cannot be written or the disk is full; whatever was at `path` is untouched.
    """
    raw = data.encode() if isinstance(data, str) else data
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        if not isinstance(error, OSError):  # an interrupt, say: clean up, and let it pass
            raise
        reason = error.strerror or str(error)
        raise InputError(
            f"Cannot write {path} ({len(raw)} bytes): {reason}; free space or choose another folder."
        ) from error


def refuse_folder(output: Path) -> None:
    """Is what should become a file a folder? That is known before anything is timed.

    Raises:
        InputError: it is.
    """
    if output.is_dir():
        raise InputError(f"{output} is a folder, where a file is to be written; name a file in it.")
