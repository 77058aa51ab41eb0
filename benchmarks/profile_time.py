"""Claim: 100 sub-networks of the full-size `mobilenetv3` at 160 pixels are profiled in under 5 minutes on 2 cores.

`hwnas profile` with its normal preset, in a process of its own and from nothing: networks are built, written as ONNX,
timed in rounds beside the reference, and examined (percentiles, memory, loading), a predictor is fitted and judged, and
the table is written. Its peer is nobody: predecessors ship no such command.

Run:  python benchmarks/profile_time.py [--samples 100] [--pixels 160]
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _saving import save

from hwnas.profiling.table import LatencyTable

LIMIT_SECONDS = 300


def main() -> None:
    """Run the command, look at its clock and its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--pixels", type=int, default=160)
    options = parser.parse_args()
    space = f"mobilenetv3:input_shape=3x{options.pixels}x{options.pixels}"
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "T.json"
        command = [
            sys.executable, "-c", "from hwnas.cli import main; main()", "profile", "cpu:threads=1",
            "--space", space, "--samples", str(options.samples), "--preset", "normal", "--out", str(table),
        ]  # fmt: skip
        load, began = os.getloadavg()[0], time.monotonic()
        done = subprocess.run(command, check=True, text=True, capture_output=True)
        seconds = time.monotonic() - began
        found = LatencyTable.read(table)
    save(
        "profile_time",
        __doc__ or "",
        {
            "samples": len(found.rows),
            "pixels": options.pixels,
            "preset": "normal",
            "seconds": seconds,
            "limit_seconds": LIMIT_SECONDS,
            "rounds": sum(row.rounds for row in found.rows),
            "load_average_before": load,
            "verdict": found.verdict.model_dump(),
            "prediction": " ".join(re.findall(r"Predicting the others:[^\n]*\n?[^\n]*", done.stdout)),
        },
    )


if __name__ == "__main__":
    main()
