"""Claim: from pip install to the first verified ONNX file of a network of one's own takes under 10 minutes on 2 cores.

In a fresh virtual environment that has PyTorch already (`torch==2.13.0`, whose download says nothing of hwnas):
``pip install`` of this repository, then `examples/own_cnn.py` as it is, which trains a network on digits,
shrinks it to half of its latency, and ends with a file that was proved and timed. Where the machine is too busy to time
anything, the example is run again, and counts.

Run:  python benchmarks/first_model_time.py [--torch torch==2.13.0] [--tries 5]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _saving import save

TARGET_SECONDS = 600
ROOT = Path(__file__).parents[1]


def seconds_of(*words: str | Path, folder: Path, tries: int = 1) -> float:
    """How long a command takes until it succeeds.

    Raises:
        CalledProcessError: it fails as often as it is tried.
    """
    began = time.perf_counter()
    for left in reversed(range(tries)):
        ended = subprocess.run([*map(str, words)], cwd=folder, check=not left)
        if ended.returncode == 0:
            break
    return time.perf_counter() - began


def main() -> None:
    """Once, in folders that are removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch", default="torch==2.13.0")
    parser.add_argument("--tries", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        python = folder / "venv" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", options.torch], check=True)
        install = seconds_of(python, "-m", "pip", "install", "--quiet", ROOT, folder=folder)
        model = seconds_of(python, ROOT / "examples" / "own_cnn.py", folder=folder, tries=options.tries)
        manifest = json.loads((folder / "runs" / "digits" / "model.json").read_text())
    save(
        "first_model_time",
        __doc__ or "",
        {
            "seconds": {"install": round(install, 1), "example": round(model, 1), "all": round(install + model, 1)},
            "target_seconds": TARGET_SECONDS,
            "parity_examples": manifest["parity_examples"],
            "latency_ms": manifest["latency_ms"],
        },
    )


if __name__ == "__main__":
    main()
