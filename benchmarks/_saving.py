"""How every benchmark keeps its result: one JSON file, with the claim, the command, the code and the machine."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from _thresholds import met
from claims_table import write_page

from hwnas.contracts.files import write_atomic
from hwnas.devices import open_device

RESULTS = Path(__file__).parent / "results"
_REPOSITORY = Path(__file__).parents[1]
LINE = 300  # characters
_CODE = ("hwnas", "benchmarks/*.py")


def save(name: str, claim: str, figures: Mapping[str, object], *, told: bool = True) -> Path:
    """Write ``results/<name>.json``, with whether the claim was met, and renew the table of claims.

    Args:
        name: of the result: that of its benchmark, and what tells several of its results apart.
        claim: the benchmark's docstring; its first line is kept.
        figures: what was measured.
        told: print the result.
    """
    held = met(name, figures)
    result = {
        "schema_version": 1,
        "claim": claim.splitlines()[0],
        **provenance(),
        "met": None if isinstance(held, str) else held,
        **({"met_reason": held} if isinstance(held, str) else {}),
        **figures,
        "load_average": os.getloadavg()[0],
        "machine": open_device("cpu:threads=1").card().to_dict(),
    }
    path = RESULTS / f"{name}.json"
    write(path, result)
    write_page()
    if told:
        print(path.read_text())
    return path


def published(name: str) -> dict[str, Any]:
    """A result that was made before; nothing where none was."""
    path = RESULTS / f"{name}.json"
    read: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    return read


@cache
def processor() -> str:
    """Of this machine, for results that several ones have a part in."""
    return str(open_device("cpu:threads=1").card().to_dict()["processor"])


def write(path: Path, result: Mapping[str, object]) -> None:
    """As JSON; what holds nothing but numbers and words is on one line where it fits."""

    def joined(part: re.Match[str]) -> str:
        line = re.sub(r"\n\s*", " ", part[0])
        return f"{line[0]}{line[1:-1].strip()}{line[-1]}" if len(line) <= LINE else part[0]

    text = json.dumps(result, indent=1)
    for inner in (r"\[[^][{}]*\]", r"\{[^{}]*\}"):
        text = re.sub(inner, joined, text)
    write_atomic(path, text + "\n")


def provenance() -> dict[str, str]:
    """What was called, and the commit of the code, ``+`` behind it where that had been changed since."""
    words = ["python", f"benchmarks/{Path(sys.argv[0]).name}", *map(_portable, sys.argv[1:])]
    return {"command": " ".join(words), "commit": _COMMIT}


def _portable(word: str) -> str:
    """An argument without the folders of this machine."""
    folders = {"$HWNAS_DATA": os.environ.get("HWNAS_DATA"), ".": str(_REPOSITORY), "$HOME": str(Path.home())}
    for name, folder in folders.items():
        if folder and folder != "/":
            word = re.sub(rf"{re.escape(folder.rstrip('/'))}(?=/|$)", lambda _, name=name: name, word)
    return re.sub(r"(?<![\w.$~/-])/(?!/)(?:[^\s,;:=]*/)?([^\s,;:=/]+)", r"FOLDER/\1", word)


def _git(*words: str) -> str:
    try:
        return subprocess.run(
            ["git", "-C", _REPOSITORY, *words], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):  # not from a repository
        return ""


def _commit() -> str:
    head = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--", *_CODE) if head else ""
    return f"{head or 'unknown'}{'+' if changed else ''}"


_COMMIT = _commit()  # of what is loaded now; a long run ends beside later code
