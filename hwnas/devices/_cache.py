"""Files kept between calls, in a folder that anybody may empty."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from hwnas.contracts.errors import InputError


def cache_folder() -> Path:
    """Where hwnas keeps what it can do without: ``HWNAS_CACHE``, or the user's cache folder."""
    given = os.environ.get("HWNAS_CACHE")
    if given:
        return Path(given)
    try:
        return Path.home() / ".cache" / "hwnas"
    except RuntimeError:  # no HOME and no such user, as in a container that is run under any number
        return _of_nobody()


def _of_nobody() -> Path:
    """A folder beside other temporary files, if it is this user's own: whoever made it could put anything in.

    Raises:
        InputError: it is somebody else's.
    """
    user = os.geteuid()  # a system without it has a home for everybody
    folder = Path(tempfile.gettempdir()) / f"hwnas-cache-{user}"
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or (folder.exists() and folder.stat().st_uid != user):
        raise InputError(f"This user has no home, and {folder} is another one's; name a folder by HWNAS_CACHE.")
    return folder


def tidy(folder: Path, max_bytes: int) -> None:
    """Let go of the least recently touched models below `folder` beyond so many bytes."""
    files = []
    for path in folder.rglob("*.onnx"):
        with suppress(FileNotFoundError):  # another process may tidy too
            status = path.stat()
            files.append((status.st_mtime, status.st_size, path))
    excess = sum(size for _, size, _ in files) - max_bytes
    for _, size, path in sorted(files):
        if excess <= 0:
            break
        excess -= size
        path.unlink(missing_ok=True)
        path.with_suffix(".sha256").unlink(missing_ok=True)
