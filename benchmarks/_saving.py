"""How every benchmark keeps its result: one JSON file, with the claim, the command, the code and the machine."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from hwnas.contracts.files import write_atomic
from hwnas.devices import open_device

RESULTS = Path(__file__).parent / "results"
_REPOSITORY = Path(__file__).parents[1]
_CODE = ("hwnas", "benchmarks/*.py")


def save(name: str, claim: str, figures: Mapping[str, object]) -> Path:
    """Write ``results/<name>.json`` and print it."""
    result = {
        "schema_version": 1,
        "claim": claim.splitlines()[0],
        **provenance(),
        **figures,
        "load_average": os.getloadavg()[0],
        "machine": open_device("cpu:threads=1").card().to_dict(),
    }
    path = RESULTS / f"{name}.json"
    text = json.dumps(result, indent=1)
    write_atomic(path, text + "\n")
    print(text)
    return path


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
