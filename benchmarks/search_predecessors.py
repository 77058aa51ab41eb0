"""Claim: the default strategy needs fewer evaluations than the predecessors themselves, run unchanged.

DyNAS-T 1.6.0's LINAS and NSGA-II classes, with their own encodings, predictors and inner loop, its network runner
replaced by the task and libraries it imports but does not use here stubbed; pymoo's NSGA-II as documented for integers;
BoTorch's qLogNEHVI on Gaussian processes over one-hot genes (none for blocks that are not there) with a pool of mutants
of the front, which begins with the smallest and the largest network as ours does and knows the corner that hypervolume
is counted from. They run in an environment of their own, which this makes. Same tasks, seeds, machine and budgets as
ours; a network that a method asks for twice counts twice, as it would be measured twice. Hypervolume is a share of the
best front known. Times are processor time per evaluation, of ours without the start of Python, of theirs with it (6 s
for DyNAS-T, 15 ms each).

BoTorch is given 200 evaluations: its time for each grows with their number, and 200 is what it is compared at.

Run:  HWNAS_DATA=folder python benchmarks/search_predecessors.py [--seeds 3] [--evaluations 400] [--methods a,b]
Every run is kept when it is done, and a run that is there is not run again. At the end the table is written into
docs/strategies.md, between its marks; with --seeds 0 from what is there already.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from _between_comments import with_part
from _saving import RESULTS, save
from search_targets import Book, Costs, best_known, drive, ofa_tasks

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.search_space import SearchSpace
from hwnas.searches.curves import Scale

NAME = "search_predecessors"
HOME = Path("runs/predecessors/venv")
WORKER = Path(__file__).parent / "_predecessors.py"
THEIRS = ("pymoo_nsga2", "dynast_nsga2", "botorch_qlognehvi", "dynast_linas")
OURS = ("surrogate", "linas", "nsga2", "random")
MARKS = (50, 100, 120, 130, 150, 200, 250, 300, 400)
MOST = {"botorch_qlognehvi": 200}  # evaluations
DOCUMENT = Path(__file__).parents[1] / "docs" / "strategies.md"
PACKAGES = (  # torch first and alone, so that the processor's build is kept
    ["torch==2.13.0"],
    ["botorch==0.15.1", "pymoo==0.6.2", "pandas", "scikit-learn", "autograd", "requests", "pyyaml", "numba"],
    ["--no-deps", "dynast==1.6.0"],
)


def environment() -> Path:
    """The Python of the predecessors' environment, made when it is missing."""
    python = HOME / "bin" / "python"
    ready = HOME / "ready"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        for packages in PACKAGES:
            subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
        ready.touch()
    return python.absolute()


def theirs(method: str, space: SearchSpace, costs: Costs, seed: int, evaluations: int) -> tuple[FloatArray, float]:
    """Costs of everything a predecessor asked for, in order, and its processor seconds for each."""
    python, before = environment(), resource.getrusage(resource.RUSAGE_CHILDREN)
    found: list[FloatArray] = []
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as log:
        command = [str(python), str(WORKER.absolute()), method, str(seed), str(evaluations)]
        variables = {**os.environ, "PREDECESSORS_TMP": folder, "OMP_NUM_THREADS": "1"}
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=variables, cwd=folder
        ) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            for line in child.stdout:
                genome = space.canonical(np.array([json.loads(line)]))
                found.append(costs(genome)[0])
                child.stdin.write(json.dumps([-float(found[-1][0]), float(found[-1][1])]) + "\n")
                child.stdin.flush()
        if child.returncode != 0:
            log.flush()
            raise InputError(f"{method} ended with {child.returncode}: {(Path(folder) / 'log').read_text()[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return np.array(found), seconds / max(1, len(found))


def table(content: dict[str, dict[str, dict[str, dict[str, dict[str, float]]]]]) -> list[str]:
    """Markdown, one part for each task, the best at 200 evaluations first; means over the seeds that are there."""
    lines = []
    for task, methods in content["runs"].items():
        runs = {name: list(rows.values()) for name, rows in methods.items() if rows}
        marks = [str(m) for m in MARKS]
        lines += [
            f"{task}:\n",
            f"| method | {' | '.join(marks)} | ms each | seeds |",
            "|---" * (len(marks) + 3) + "|",
        ]
        for name in sorted(runs, key=lambda n: -_mean(runs[n], "200")):
            cells = " | ".join("" if np.isnan(v := _mean(runs[name], m)) else f"{v:.3f}" for m in marks)
            lines.append(f"| {name} | {cells} | {_mean(runs[name], 'own_ms'):.0f} | {len(runs[name])} |")
        lines += ["", *needed(runs), ""]
    return lines


def _mean(rows: list[dict[str, float]], key: str) -> float:
    """Over the runs that have it; not a number when none has."""
    values = [row[key] for row in rows if key in row]
    return float(np.mean(values)) if values else float("nan")


def needed(runs: dict[str, list[dict[str, float]]]) -> list[str]:
    """At which mark `surrogate` has what others end with, by the means."""
    lines = []
    for name, at in (("dynast_linas", "400"), ("linas", "400"), ("botorch_qlognehvi", "200")):
        if name in runs and "surrogate" in runs and not np.isnan(target := _mean(runs[name], at)):
            reached = [m for m in MARKS if _mean(runs["surrogate"], str(m)) >= target]
            words = f"at {reached[0]}" if reached else f"not by {MARKS[-1]}"
            lines.append(f"What `{name}` has at {at} ({target:.3f}), `surrogate` has {words}.")
    return lines


def write_table(content: dict[str, dict[str, dict[str, dict[str, dict[str, float]]]]]) -> None:
    """Put the table between its marks."""
    lines = table(content)
    print("\n".join(lines))
    write_atomic(DOCUMENT, with_part(DOCUMENT.read_text(), "search-predecessors", "\n".join(lines)))


def scale_for(task: str, space: SearchSpace, costs: Costs) -> Scale:
    """The one `search_targets.py` keeps, so that figures can be compared; made anew where there is none."""
    book = Book()
    return book.scale(task) if task in book.content["reference"] else best_known(space, costs)


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--evaluations", type=int, default=400)
    parser.add_argument("--methods", default=",".join((*OURS, *THEIRS)))
    parser.add_argument("--again", default="", help="methods, separated by commas, whose runs are thrown away first")
    options = parser.parse_args()
    path = RESULTS / f"{NAME}.json"
    runs = json.loads(path.read_text())["runs"] if path.exists() else {}
    content = {"runs": runs, "evaluations": options.evaluations}
    for methods in content["runs"].values():
        for method in options.again.split(","):
            methods.pop(method, None)
    tasks = ofa_tasks() if options.seeds else {}
    scales = {task: scale_for(task, *what) for task, what in tasks.items()}
    for seed in range(options.seeds):
        for method in options.methods.split(","):
            for task, (space, costs) in tasks.items():
                rows = content["runs"].setdefault(task, {}).setdefault(method, {})
                if str(seed) in rows:
                    continue
                run, most = theirs if method in THEIRS else drive, MOST.get(method, options.evaluations)
                found, seconds = run(method, space, costs, seed, min(most, options.evaluations))
                marks = {str(n): round(scales[task].share(found[:n]), 4) for n in MARKS if n <= len(found)}
                rows[str(seed)] = {
                    **marks,
                    "own_ms": round(1000 * seconds, 1),
                    "distinct": len(np.unique(found, axis=0)),
                }
                save(NAME, __doc__ or "", content, told=False)
                print(task, method, seed, rows[str(seed)], flush=True)
    write_table(content)


if __name__ == "__main__":
    main()
