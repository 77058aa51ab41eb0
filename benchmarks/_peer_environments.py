"""Virtual environments that peers run in, so that what they need neither changes hwnas nor one another."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TORCH = "torch==2.13.0"  # first, and of the build that is at hand: others bring gigabytes for processors not used here


def python_of(place: Path, packages: tuple[str, ...]) -> Path:
    """The interpreter of the environment at `place` with PyTorch, the packages and this hwnas; made where it is not."""
    python, said = place / "bin" / "python", place / "installed"
    if not said.is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        for words in ((TORCH,), packages, ("--editable", str(ROOT))):
            subprocess.run([python, "-m", "pip", "install", "--quiet", *words], check=True)
        said.touch()
    return python


def run_there(python: Path, *words: str | Path) -> None:
    """A program of this folder by another interpreter, whose `hwnas` is this one.

    Raises:
        CalledProcessError: it failed; what it said is on standard error.
    """
    subprocess.run([python, *words], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
