"""Not a claim: every strategy on MicroBench with ten seeds, for the picture in the docs.

Run:  python benchmarks/compare_micro_bench.py FOLDER
Killed, the same command continues; docs/compare.svg is written at the end.
"""

import argparse
import json
from pathlib import Path

from _saving import save

from hwnas.contracts.files import write_atomic
from hwnas.pipeline.selection.compare import contest_of_problem

EVALUATIONS, SEEDS = 60, 10
PICTURE = Path(__file__).parents[1] / "docs" / "compare.svg"


def main() -> None:
    """Compare, keep the figures and the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="for the archive of the runs")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    contest = contest_of_problem("micro_bench", [], evaluations=EVALUATIONS, seeds=SEEDS, folder=folder)
    write_atomic(PICTURE, contest.picture.read_text())
    save("compare_micro_bench", __doc__ or "", json.loads(contest.page.read_text()))


if __name__ == "__main__":
    main()
