"""Files that a benchmark appends a line to whenever something is done, so that it can be killed at any moment."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hwnas.contracts.files import write_atomic


def whole_lines(path: Path) -> list[str]:
    """Lines of a file that may have been cut off; the rest of a cut line is removed."""
    if not path.exists():
        return []
    text = path.read_text()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        write_atomic(path, whole)
    return whole.splitlines()


def append(path: Path, row: Mapping[str, Any]) -> None:
    """One more line of JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")
