"""Files kept between calls, in a folder that anybody may empty."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Where hwnas keeps what it can do without: ``HWNAS_CACHE``, or the user's cache folder."""
    given = os.environ.get("HWNAS_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "hwnas"


def tidy(folder: Path, max_bytes: int) -> None:
    """Let go of the least recently touched models below `folder` beyond so many bytes."""
    found = sorted((path.stat().st_mtime, path) for path in folder.rglob("*.onnx"))
    excess = sum(path.stat().st_size for _, path in found) - max_bytes
    for _, path in found:
        if excess <= 0:
            break
        excess -= path.stat().st_size
        path.unlink(missing_ok=True)
