"""Claim: the default strategy needs fewer evaluations than the predecessors themselves, run unchanged.

DyNAS-T 1.6.0's LINAS and NSGA-II classes, with their own encodings, predictors and inner loop, its network runner
replaced by the task and libraries it imports but does not use here stubbed; pymoo's NSGA-II as documented for integers;
BoTorch's qLogNEHVI on Gaussian processes over one-hot genes with a pool of mutants of the front. They run in an
environment of their own, which this makes. Same tasks, seeds, machine and budgets as ours; a network that a method asks
for twice counts twice, as it would be measured twice. Hypervolume is a share of the best front known. Times are
processor time per evaluation, of ours without the start of Python, of theirs with it (6 s for DyNAS-T, 15 ms each).

Run:  HWNAS_DATA=folder python benchmarks/search_predecessors.py [--seeds 3] [--evaluations 400] [--methods a,b]
Every run is kept when it is done, and a run that is there is not run again.
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
from search_targets import Book, Costs, best_known, drive, ofa_tasks

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.search_space import SearchSpace
from hwnas.search._progress import Scale

RESULT = Path(__file__).parent / "results" / "search_predecessors.json"
HOME = Path("runs/predecessors/venv")
WORKER = Path(__file__).parent / "_predecessors.py"
THEIRS = ("pymoo_nsga2", "dynast_nsga2", "botorch_qlognehvi", "dynast_linas")
OURS = ("surrogate", "linas", "nsga2", "random")
MARKS = (50, 100, 150, 200, 300, 400)
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
    """Markdown, one part for each task, the best at the end first."""
    lines = []
    for task, methods in content["runs"].items():
        marks = [str(m) for m in MARKS if any(str(m) in r for rows in methods.values() for r in rows.values())]
        lines += [
            f"\n{task}:\n",
            f"| method | {' | '.join(marks)} | ms each | seeds |",
            "|---" * (len(marks) + 3) + "|",
        ]
        means = {
            name: {key: float(np.mean([r[key] for r in rows.values()])) for key in [*marks, "own_ms"]}
            for name, rows in methods.items()
        }
        for name in sorted(means, key=lambda n: -means[n][marks[-1]]):
            cells = " | ".join(f"{means[name][m]:.3f}" for m in marks)
            lines.append(f"| {name} | {cells} | {means[name]['own_ms']:.0f} | {len(methods[name])} |")
    return lines


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
    options = parser.parse_args()
    claim = (__doc__ or "").splitlines()[0]
    content = json.loads(RESULT.read_text()) if RESULT.exists() else {"schema_version": 1, "claim": claim, "runs": {}}
    content["evaluations"] = options.evaluations
    tasks = ofa_tasks()
    scales = {task: scale_for(task, *what) for task, what in tasks.items()}
    for seed in range(options.seeds):
        for method in options.methods.split(","):
            for task, (space, costs) in tasks.items():
                rows = content["runs"].setdefault(task, {}).setdefault(method, {})
                if str(seed) in rows:
                    continue
                run = theirs if method in THEIRS else drive
                found, seconds = run(method, space, costs, seed, options.evaluations)
                marks = {str(n): round(scales[task].share(found[:n]), 4) for n in MARKS if n <= len(found)}
                rows[str(seed)] = {
                    **marks,
                    "own_ms": round(1000 * seconds, 1),
                    "distinct": len(np.unique(found, axis=0)),
                }
                write_atomic(RESULT, json.dumps(content, indent=1) + "\n")
                print(task, method, seed, rows[str(seed)], flush=True)
    print("\n".join(table(content)))


if __name__ == "__main__":
    main()
