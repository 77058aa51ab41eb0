"""Claim: each published search strategy does here what its paper says it does, or we say that it does not.

One small experiment per method on NAS-Bench-201 (`_nb201.py`), each with a line it must cross, stated in `_claims.py`
before anything is run. Every arm is run on the same seeds; a claim compares one arm with another by a paired, one-sided
Wilcoxon test over seeds: *reproduced* if p < 0.05 that it is better by the stated factor, *reversed* if p < 0.05 that
the other is better without a factor, else *not seen*.

All measures are losses. ``single`` and ``policies``: best accuracy of the table minus best found,
in points. ``noisy``: the same, when
every evaluation carries an error of 0.5 points (the table has no repeats), and what is handed out is what looked best.
``pareto`` and ``three``: share of the true front's hypervolume that is missing (accuracy and one latency, or two);
``limited``: the same of what is within a limit that 30 % of the cells keep.
``rank``: one minus Kendall's tau on 1,000 other networks.
``curves``: one minus Kendall's tau with the accuracy after all epochs, on the cells of MicroBench of which no more than
some epochs are seen; extrapolation has seen twenty others to their end.
``micro``: on MicroBench, best accuracy less the best of the whole trainings, in points, after a cost in whole
trainings, cheap looks included; a look with a schedule of its own is no part of the whole training that may follow, and
is paid for beside it.

Runs are kept one by one, so the command can be stopped at any time and goes on where it stood:

    HWNAS_DATA=folder python benchmarks/strategy_verdicts.py --seeds 20

It writes `results/strategy_verdicts.json` (all runs) and `results/strategy_verdicts.md` (the tables).
"""

import argparse
import time
from collections.abc import Callable

import moocore
import numpy as np
from _ablations import found
from _claims import (
    ACCURACY,
    ARMS,
    CURVES,
    EPOCHS,
    HINT,
    LABELS,
    LOOKS,
    MICRO,
    MICRO_EVALUATIONS,
    RANKERS,
    SUITES,
    WHOLE,
    Suite,
    points_of,
)
from _nb201 import SPACE
from _saving import RESULTS, save
from _verdicts import read_runs, write_tables
from scipy.stats import kendalltau

from hwnas.archive import Archive
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.trial import Result
from hwnas.problems._tabulated import Tabulated
from hwnas.problems.micro_bench import SHORT, MicroBench, micro_bench
from hwnas.problems.nas_bench_201 import nas_bench_201
from hwnas.searches.curves import spendings
from hwnas.searches.indicators import hypervolume
from hwnas.searches.search import search
from hwnas.strategies.curve_extrapolation import extrapolated
from hwnas.surrogates.regressors.mlp import Training
from hwnas.surrogates.regressors.networks import networks
from hwnas.surrogates.regressors.ridge import ridge_of


class Problem:
    """A suite on the table, with what is known of its truth."""

    def __init__(self, suite: Suite, table: Tabulated) -> None:
        self.suite = suite
        self.figures = np.stack([table.columns[o.name] for o in suite.objectives], axis=1)
        self.rows = table.rows
        self.hints = table.columns[HINT]
        signs = np.array([o.sign for o in suite.objectives])
        self.costs = self.figures * signs
        limits = [np.inf if o.limit is None else o.sign * o.limit for o in suite.objectives]
        self.within = (self.costs <= limits).all(axis=1)
        front = self.costs[self.within]
        front = front[moocore.is_nondominated(front)]
        self.ideal, self.nadir = front.min(axis=0), front.max(axis=0)
        self.whole = 0.0 if len(signs) == 1 else hypervolume(front, self.ideal, self.nadir, 0.1)

    def loss(self, rows: IntArray, seen: FloatArray) -> float:
        """Of having evaluated some rows of the table and seen these costs ``(n, m)``."""
        if len(self.suite.objectives) == 1:
            return float(self.costs[rows[np.argmin(seen[:, 0])], 0] - self.costs.min())
        kept = rows[self.within[rows]]
        return 1.0 - hypervolume(self.costs[kept], self.ideal, self.nadir, 0.1) / self.whole

    def run(self, name: str, seed: int) -> dict[str, object]:
        """Losses along one search, and processor time per proposal."""
        suite, arm, noise = self.suite, ARMS[name], np.random.default_rng([seed, 7])
        batch = 1 if name in suite.one_by_one else suite.batch
        strategy = found("strategies", arm.strategy)(SPACE, suite.objectives, seed, **arm.settings)  # type: ignore[operator]
        rows, seen, losses, spent = np.empty(0, dtype=np.int64), np.empty((0, len(suite.objectives))), [], 0.0
        while len(rows) < suite.evaluations:
            began = time.process_time()
            trials = strategy.ask(batch)
            spent += time.process_time() - began
            at = self.rows(SPACE.encode_many(t.architecture for t in trials))
            if trials[0].fidelity != "full":  # a batch of hints, which is not counted
                of_hints = zip(trials, self.hints[at], strict=True)
                strategy.tell([Result(t, {ACCURACY.name: float(hint)}) for t, hint in of_hints])
                continue
            figures = self.figures[at] + suite.noise * noise.standard_normal((len(at), len(suite.objectives)))
            names = [o.name for o in suite.objectives]
            strategy.tell(
                [Result(t, dict(zip(names, map(float, f), strict=True))) for t, f in zip(trials, figures, strict=True)]
            )
            rows = np.concatenate([rows, at])
            seen = np.concatenate([seen, figures * [o.sign for o in suite.objectives]])
            if len(rows) in suite.points:
                losses.append(round(self.loss(rows, seen), 5))
        return {"losses": losses, "ms_per_proposal": round(1000 * spent / len(rows), 2)}


def rank(ranker: str, seed: int, table: Tabulated) -> dict[str, object]:
    """One minus tau of a regressor after so many labels; live networks only, above 80 %."""
    rng = np.random.default_rng(seed)
    accuracy = table.columns[ACCURACY.name]
    every = rng.permutation(np.flatnonzero(accuracy > 80))
    genomes = every[:, None] // 5 ** np.arange(6) % 5
    test = slice(-1000, None)
    fits: dict[str, Callable[[], object]] = {
        "comparator": lambda: networks(SPACE.one_hot, Training(loss="pairs", decay=5e-4), seed),
        "network": lambda: networks(SPACE.one_hot, Training(decay=5e-4), seed),
        "ridge": lambda: ridge_of(SPACE),
    }
    losses = []
    for n in LABELS:
        predict = fits[ranker]()(genomes[:n], accuracy[every[:n]], ACCURACY)  # type: ignore[operator]
        losses.append(round(1 - float(kendalltau(predict(genomes[test]), accuracy[every[test]]).statistic), 5))
    return {"losses": losses, "ms_per_proposal": 0.0}


def curves(way: str, seed: int, bench: MicroBench) -> dict[str, object]:
    """One minus tau after so many epochs, means over the seeds of the trainings."""
    accuracy = np.array([np.mean(row.search, axis=0) for row in bench.table.rows])
    loss = np.array([np.mean(row.loss, axis=0) for row in bench.table.rows])
    order = np.random.default_rng(seed).permutation(len(accuracy))
    whole, others = order[:WHOLE], order[WHOLE:]
    losses = []
    for seen in EPOCHS:
        shown = 1 - accuracy[:, :seen]
        features = np.stack([shown[:, -1], shown[:, -1] - shown[:, max(0, seen - 2)], shown.mean(axis=1)], axis=1)
        ends = extrapolated(features[whole, None], 1 - accuracy[whole, -1:], features[others, None])[0][:, 0]
        guess = {"last accuracy": shown[others, -1], "losses so far": loss[others, :seen].sum(axis=1)}
        tau = kendalltau(-guess.get(way, ends), accuracy[others, -1]).statistic
        losses.append(round(1 - float(tau), 5))
    return {"losses": losses, "ms_per_proposal": 0.0}


def micro(name: str, seed: int, bench: MicroBench) -> dict[str, object]:
    """Regret along one search of MicroBench, accuracy alone, and processor time per trial."""
    arm, looks = ARMS[name], {look: bench.shares[look] for look in LOOKS.get(name, ())}
    archive, began = Archive(), time.process_time()
    search(
        bench.space, bench.evaluate, bench.objectives[:1], evaluations=MICRO_EVALUATIONS, strategy=arm.strategy,
        seed=seed, archive=archive, run=name, fidelities=looks or None, **arm.settings,
    )  # type: ignore[arg-type]  # fmt: skip
    ms = 1000 * (time.process_time() - began)
    results = archive.results(name)
    own = np.cumsum([bench.shares[r.trial.fidelity] for r in results])
    spent = own if set(looks) & set(SHORT) else spendings(results, looks)
    accuracies = bench.column("accuracy")
    found = np.array([r.figures["accuracy"] if r.trial.fidelity == "full" else accuracies.min() for r in results])
    best = [found[spent <= at + 1e-9].max(initial=accuracies.min()) for at in points_of("micro")]
    losses = [round(100 * float(accuracies.max() - b), 5) for b in best]
    return {"losses": losses, "ms_per_proposal": round(ms / len(results), 2)}


def everything(seeds: int, suites: list[str], only: list[str]) -> list[tuple[str, str, int]]:
    """What is to be run, seed by seed, so that after any time all arms have about as many."""
    arms = {**{name: suite.arms for name, suite in SUITES.items()}, "rank": RANKERS, "curves": CURVES, "micro": MICRO}
    return [
        (suite, arm, seed)
        for seed in range(seeds)
        for suite in suites
        for arm in arms[suite]
        if not only or arm in only
    ]


def main() -> None:
    """Run what is missing, then write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--suites", default=",".join([*SUITES, "rank", "curves", "micro"]))
    parser.add_argument("--arms", default="", help="only these, separated by commas")
    parser.add_argument("--again", default="", help="arms, separated by commas, whose runs are thrown away first")
    options = parser.parse_args()
    table, bench = nas_bench_201(), micro_bench()
    problems = {name: Problem(suite, table) for name, suite in SUITES.items()}
    runs = read_runs(RESULTS / "strategy_verdicts.json")
    for arms in runs.values():
        for arm in filter(None, options.again.split(",")):
            arms.pop(arm, None)
    for suite, arm, seed in everything(
        options.seeds, options.suites.split(","), list(filter(None, options.arms.split(",")))
    ):
        of_arm = runs.setdefault(suite, {}).setdefault(arm, {})
        if str(seed) not in of_arm:
            began = time.process_time()
            if suite in problems:
                of_arm[str(seed)] = problems[suite].run(arm, seed)
            elif suite == "rank":
                of_arm[str(seed)] = rank(arm, seed, table)
            else:
                of_arm[str(seed)] = (micro if suite == "micro" else curves)(arm, seed, bench)
            save("strategy_verdicts", __doc__ or "", {"runs": runs}, told=False)
            print(f"{suite}, {arm}, seed {seed}: {time.process_time() - began:.1f} s", flush=True)
    write_tables(RESULTS / "strategy_verdicts.md", runs)


if __name__ == "__main__":
    main()
