"""Claim: the strategy `surrogate` reaches in at most 250 evaluations what NSGA-II reaches in 3,000 on Once-for-All.

Two tasks on Once-for-All's MobileNetV3 space (45 choices): accuracy by its own predictor against its Note10 table,
and against multiply-adds counted by the formula of its blocks. Hypervolume is a share of the best front known (long
evolutions on the true functions); the reference point is the largest network's cost and the smallest one's accuracy.
NSGA-II is pymoo's with our operators, population 50. Then NAS-Bench-201, accuracy against each of ten devices, with
the features of `hwnas.path_features`: evaluations until 99 % of the exact front's hypervolume, reference point a tenth
beyond the front, runs that did not get there in 1,000 counted as 1,000. NAS-Bench-Macro, accuracy against FLOPs,
likewise. Times are processor time of asking and telling.

Run:  HWNAS_DATA=folder python benchmarks/search_targets.py {reference,ofa,nsga2,nb201,macro,table} [--seeds 5]
Results are written run by run; a run that is there is not run again. At the end of each part what is there is written
into docs/search.md, between its marks; `table` does only that.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from _between_comments import with_part
from _saving import RESULTS, save
from moocore import is_nondominated

from hwnas.archive import non_dominated
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.files import write_atomic
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.problems._once_for_all import DEPTHS, EXPANSIONS, KERNELS, RESOLUTION, Truth
from hwnas.problems._public import public_rows
from hwnas.problems.nas_bench_201 import nas_bench_201
from hwnas.problems.ofa_macs import ofa_macs
from hwnas.problems.ofa_note10 import ofa_note10
from hwnas.searches.curves import Scale
from hwnas.searches.search import open_strategy
from hwnas.surrogates.base.proposer import history_of
from hwnas.surrogates.base.seams import Guess
from hwnas.surrogates.generators.evolved import Evolved
from hwnas.surrogates.genetic.pymoo_bridge import evolve

NAME = "search_targets"
OBJECTIVES = [Objective("accuracy", "max"), Objective("cost")]
DOCUMENT = Path(__file__).parents[1] / "docs" / "search.md"
MARKS = (50, 100, 120, 130, 150, 200, 250, 300, 400)
MOST_CELLS = 1000  # evaluations on a tabular space; a run ends where it reached its target, but not before 100
DEVICES = (
    "gold_6226",
    "silver_4114",
    "raspi4",
    "pixel3",
    "samsung_s7",
    "1080ti_1",
    "1080ti_32",
    "titan_rtx_1",
    "titan_rtx_256",
    "titanx_32",
)
Costs = Callable[[IntArray], FloatArray]


def scale_by(ideal: FloatArray, nadir: FloatArray, front: FloatArray) -> Scale:
    """Hypervolumes within these points, as shares of a front's."""
    return Scale(ideal, nadir, Scale(ideal, nadir, margin=0.0).share(front), margin=0.0)


def ofa_tasks() -> dict[str, tuple[SearchSpace, Costs]]:
    """Both tasks on Once-for-All's space; its figures are first checked against 20,000 known ones."""
    problems = {"ofa_note10": ofa_note10(), "ofa_macs": ofa_macs()}
    check(problems["ofa_note10"].truth)
    return {name: (problem.space, problem.costs) for name, problem in problems.items()}


def check(truth: Truth) -> None:
    """Compare the published predictor and table, as read here, with known answers."""
    rows = [row for row in public_rows("ofa_mbv3_w12_surrogate20k.csv.gz") if row["r"] == str(RESOLUTION)]
    genomes = []
    for row in rows:
        d, k, e = ([int(v) for v in row[column].split()] for column in ("d", "ks", "e"))
        genomes.append([DEPTHS.index(v) for v in d] + [KERNELS.index(v) for v in k] + [EXPANSIONS.index(v) for v in e])
    found = truth.space.canonical(np.array(genomes))
    for figures, column in ((truth.note10_ms(found), "lut_note10_ms"), (truth.accuracy(found), "ofa_pred_top1")):
        known = np.array([float(row[column]) for row in rows])
        print(f"{column}: {len(rows)} rows, largest difference {np.abs(figures - known).max():.2g}")
        assert np.allclose(figures, known, atol=2e-3), (figures[:3], known[:3])


def drive(
    name: str,
    space: SearchSpace,
    costs: Costs,
    seed: int,
    evaluations: int,
    enough: Callable[[FloatArray], bool] = lambda _: False,
) -> tuple[FloatArray, float]:
    """All costs a strategy measures, in their order, and its own seconds for each; ends when they are enough."""
    strategy, found, own = open_strategy(name, space, OBJECTIVES, seed=seed), list[FloatArray](), 0.0
    while len(found) < evaluations and not enough(np.array(found)):
        began = time.process_time()
        trials = strategy.ask(min(strategy.batch, evaluations - len(found)))
        own += time.process_time() - began
        values = costs(space.encode_many(t.architecture for t in trials))
        began = time.process_time()
        strategy.tell([Result(t, {"accuracy": -v[0], "cost": v[1]}) for t, v in zip(trials, values, strict=True)])
        own += time.process_time() - began
        found += list(values)
    return np.array(found), own / len(found)


def best_known(space: SearchSpace, costs: Costs) -> Scale:
    """Scale by the union of three long evolutions on the true function."""
    ends = [space.smallest, space.largest]
    corner = costs(space.encode_many(ends))
    known = history_of(
        space,
        OBJECTIVES,
        [Result(t, {"accuracy": -c[0], "cost": c[1]}) for t, c in zip(map(Trial, ends), corner, strict=True)],
    )

    class Known:
        def __call__(self, genomes: IntArray) -> Guess:
            values = costs(genomes)
            return Guess(values, np.zeros_like(values), np.zeros(len(values)))

        def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:
            raise NotImplementedError

    long = Evolved(300, 600, 300, 0.9, 1000, 0.05)
    found = np.concatenate([costs(long(known, Known(), np.random.default_rng(seed))) for seed in range(3)])
    front = found[non_dominated(found)]
    return scale_by(front.min(axis=0), corner.max(axis=0), front)


def table_tasks(which: str) -> Iterator[tuple[str, SearchSpace, Costs, FloatArray]]:
    """Name, space, costs, and the costs of every architecture."""
    if which == "nb201":
        for device in DEVICES:
            problem = nas_bench_201(device)
            every = np.stack([o.sign * problem.columns[o.name] for o in problem.objectives], axis=1)
            yield f"nb201_{device}", problem.space, lambda g, e=every, p=problem: e[p.rows(g)], every
        return
    space = SearchSpace([Choice(f"layer{i}", ("skip", "mb3k3", "mb6k5")) for i in range(8)], name="nas_bench_macro")
    values = np.empty((3,) * 8 + (2,))
    for row in public_rows("nasbench_macro_cifar10.csv.gz"):
        values[tuple(int(c) for c in row["arch"])] = (-float(row["mean_acc"]), float(row["flops"]) / 1e6)
    yield "macro", space, lambda g: values[tuple(g.T)], values.reshape(-1, 2)


class Book:
    """The result file, written after every run."""

    def __init__(self) -> None:
        path = RESULTS / f"{NAME}.json"
        before = json.loads(path.read_text()) if path.exists() else {}
        self.content = {part: before.get(part, {}) for part in ("reference", "runs")}

    def has(self, task: str, seed: int) -> bool:
        """Whether that run is there."""
        return str(seed) in self.content["runs"].get(task, {})

    def put(self, task: str, seed: int, row: dict[str, object]) -> None:
        """Keep a run."""
        self.content["runs"].setdefault(task, {})[str(seed)] = row
        self.save()
        print(task, seed, row, flush=True)

    def save(self) -> None:
        """Write the file, with the means."""
        save(NAME, __doc__ or "", {**self.content, "summary": self.summary()}, told=False)

    def summary(self) -> dict[str, object]:
        """Means over seeds, and over devices."""
        means: dict[str, object] = {}
        for task, runs in self.content["runs"].items():
            keys = [key for key in next(iter(runs.values())) if all(key in run for run in runs.values())]
            means[task] = {key: round(float(np.mean([run[key] for run in runs.values()])), 4) for key in keys}
        needed = [
            r["evaluations_to_99"] for t, runs in self.content["runs"].items() if "nb201" in t for r in runs.values()
        ]
        if needed:
            means["nb201_mean_evaluations_to_99"] = float(np.mean(needed))
            means["nb201_runs"] = len(needed)
            means["nb201_runs_censored"] = sum(n == MOST_CELLS for n in needed)
        return means

    def scale(self, task: str) -> Scale:
        """As the reference says."""
        kept = self.content["reference"][task]
        return Scale(np.array(kept["ideal"]), np.array(kept["nadir"]), kept["best"], margin=0.0)


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("reference", "ofa", "nsga2", "nb201", "macro", "table"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--evaluations", type=int, default=400)
    options = parser.parse_args()
    book = Book()
    if options.part == "table":
        write_table(book)
        return
    if options.part == "reference":
        for task, (space, costs) in ofa_tasks().items():
            scale = best_known(space, costs)
            book.content["reference"][task] = {
                "ideal": scale.ideal.tolist(),
                "nadir": scale.nadir.tolist(),
                "best": scale.best,
            }
            book.save()
    elif options.part in ("ofa", "nsga2"):
        for seed in range(options.seeds):
            for task, (space, costs) in ofa_tasks().items():
                run = ours if options.part == "ofa" else theirs
                name = task if options.part == "ofa" else f"{task}_nsga2"
                if not book.has(name, seed):
                    book.put(name, seed, run(space, costs, book.scale(task), seed, options.evaluations))
    else:
        for task, space, costs, every in table_tasks(options.part):
            front = np.unique(every[is_nondominated(every)], axis=0)
            scale = scale_by(front.min(axis=0), front.max(axis=0) + 0.1 * np.ptp(front, axis=0), front)
            for seed in range(options.seeds):
                if not book.has(task, seed):

                    def enough(found: FloatArray, scale: Scale = scale) -> bool:
                        return len(found) >= 100 and scale.share(found) >= 0.99

                    found, own = drive("surrogate", space, costs, seed, MOST_CELLS, enough)
                    reached = [n for n in range(2, len(found) + 1) if scale.share(found[:n]) >= 0.99]
                    needed = reached[0] if reached else MOST_CELLS
                    row = {"evaluations_to_99": needed, "at_100": round(scale.share(found[:100]), 4)}
                    book.put(task, seed, {**row, "own_ms": round(1000 * own, 1)})
    write_table(book)


def write_table(book: Book) -> None:
    """What was reached, in words, between the marks of the document."""
    runs, summary = book.content["runs"], book.summary()
    lines = [
        "| accuracy against | what is counted | `surrogate` | NSGA-II | seeds |",
        "|---|---|---|---|---|",
    ]
    for task, words in (("ofa_note10", "Once-for-All, Note10"), ("ofa_macs", "Once-for-All, multiply-adds")):
        if f"{task}_nsga2" in summary and task in summary:
            theirs, here = summary[f"{task}_nsga2"], summary[task]
            target = theirs["3000"]  # type: ignore[index]
            at = [m for m in MARKS if here.get(str(m), 0.0) >= target]  # type: ignore[attr-defined]
            lines.append(
                f"| {words} | evaluations to {target:.3f} of the best hypervolume known "
                f"| {at[0] if at else 'more'} | 3000 | {len(runs[task])}, {len(runs[f'{task}_nsga2'])} |"
            )
    for task in (*(f"nb201_{d}" for d in DEVICES), "macro"):
        if task in runs:
            needed = [r["evaluations_to_99"] for r in runs[task].values()]
            words = "NAS-Bench-Macro, FLOPs" if task == "macro" else f"NAS-Bench-201, {task[6:]}"
            censored = sum(n == MOST_CELLS for n in needed)
            more = f" ({censored} did not get there in {MOST_CELLS})" if censored else ""
            lines.append(
                f"| {words} | evaluations to 99 % of the exact front | {np.mean(needed):.0f}{more} | | {len(needed)} |"
            )
    if "nb201_mean_evaluations_to_99" in summary:
        lines.append(
            f"| NAS-Bench-201, all of these | mean of {summary['nb201_runs']} runs, "
            f"{summary['nb201_runs_censored']} of them counted as {MOST_CELLS} "
            f"| {summary['nb201_mean_evaluations_to_99']:.0f} | | |"
        )
    write_atomic(DOCUMENT, with_part(DOCUMENT.read_text(), "search-targets", "\n".join(["", *lines, ""])))
    print("\n".join(lines))


def ours(space: SearchSpace, costs: Costs, scale: Scale, seed: int, evaluations: int) -> dict[str, object]:
    """Hypervolumes of the default strategy."""
    found, own = drive("surrogate", space, costs, seed, evaluations)
    return {
        **{str(n): round(scale.share(found[:n]), 4) for n in MARKS if n <= evaluations},
        "own_ms": round(1000 * own, 1),
    }


def theirs(space: SearchSpace, costs: Costs, scale: Scale, seed: int, evaluations: int) -> dict[str, object]:  # noqa: ARG001
    """Hypervolumes of NSGA-II."""
    start = np.unique(space.sample(50, np.random.default_rng(seed)), axis=0)
    _, found, _ = evolve(space, start, lambda g: (costs(g), np.zeros(len(g))), population=50, generations=62, seed=seed)
    return {str(n): round(scale.share(found[:n]), 4) for n in (100, 200, 400, 800, 1500, 3000)}


if __name__ == "__main__":
    main()
