"""Claim: after installation, the demo takes under 60 seconds on two processor cores.

Runs the installed `hwnas demo` in a fresh folder, as a whole process, and reads its own account of the steps.

Run:  python benchmarks/demo_time.py [--runs 3]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _saving import save

TARGET_SECONDS = 60


def main() -> None:
    """Run the demo a few times, write the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    runs = []
    command = [sys.executable, "-c", "from hwnas.cli import main; main()", "demo", "--out"]
    for _ in range(parser.parse_args().runs):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            subprocess.run([*command, folder], check=True)
            whole = time.perf_counter() - began
            steps = json.loads((Path(folder) / "summary.json").read_text())["seconds"]
            runs.append({**steps, "whole_process": whole})
    medians = {name: statistics.median(run[name] for run in runs if name in run) for name in runs[0]}
    figures = {"runs": len(runs), "median_seconds": medians, "target_seconds": TARGET_SECONDS}
    save("demo_time", __doc__ or "", figures)


if __name__ == "__main__":
    main()
