"""Files kept between calls, in a folder that anybody may empty."""

import os
from contextlib import suppress
from pathlib import Path


def cache_folder() -> Path:
    """Where hwnas keeps what it can do without: ``HWNAS_CACHE``, or the user's cache folder."""
    given = os.environ.get("HWNAS_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "hwnas"


def tidy(folder: Path, max_bytes: int) -> None:
    """Let go of the least recently touched models below `folder` beyond so many bytes."""
    found = []
    for path in folder.rglob("*.onnx"):
        with suppress(FileNotFoundError):  # another process may tidy too
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    excess = sum(size for _, size, _ in found) - max_bytes
    for _, size, path in sorted(found):
        if excess <= 0:
            break
        excess -= size
        path.unlink(missing_ok=True)
        path.with_suffix(".sha256").unlink(missing_ok=True)
