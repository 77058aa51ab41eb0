"""Claim: HAT's eight sets are predicted with a mean error below 5 % from 50 timings, unless their noise forbids it.

Hardware-Aware Transformers' published latencies (encoder plus decoder, 2,000 random architectures per task and device).
What `hwnas import` and `hwnas predict` make of that file and 50 of its rows is judged on the others, mean over seeds.
The imported space describes a network in four ways between which the predictor chooses, see `hwnas.formats.hat`.

Which 50: ten drawn at random, and the 40 that tell most beside them, chosen from the architectures alone as `hwnas
profile --more 40` does. `mean_error_of_drawn` is the same with all 50 drawn.

What the measurements allow is the error of the true function of the architecture, which nobody knows. It is enclosed:

* from above by the best of three models that learn from nine tenths of all rows and are judged on the rest, ten times
  over (boosted trees, a Gaussian process, a linear fit of least absolute errors), with an interval of 95 % from drawing
  blocks of 40 neighbouring rows: so far would the figure be off for other rows, measured at other moments;
* from below by the least mean error that any linear function of all columns of the four ways and their squares has on
  the very rows that are judged (an exact linear programme; nothing is held out). Whatever such a function is learnt
  from, it cannot do better; that the true one is not far from them is told by the three models, which include trees.

Where that bound from below is 5 % or more, no such function can reach the goal on these rows, from however many
timings (`forbidden`: "any timings"). What 50 timings allow is less. `in_hindsight` is what they give, from the same 50,
to one who need not find out which columns matter: they are picked one after another by the error on the very rows that
are judged, and fitted by least absolute errors; mean over twice the seeds, with its standard error. Where that is not
below 5 % by more than one standard error, 50 timings as noisy as these do not allow the goal to anybody who must learn
from them what matters (`forbidden`: "50 timings"). Beside:

* `neighbours_errors_kendall`: the correlation of errors between neighbouring rows of the published file, which is that
  of the order of measuring: architectures are drawn at random, so neighbours share nothing but the moment. Where it is
  far from 0, it was the machine that changed;
* `without_the_moment`: the default's own error with the moment taken out: each truth is divided by the median error of
  its neighbours, six on either side. Nobody who predicts can know the moment.

Run:  HWNAS_DATA=folder python benchmarks/hat_transformers.py [--seeds 10]
"""

import argparse
import json
import sys

import numpy as np
from _moment import without_the_moment
from _public import imported
from _saving import save
from scipy.stats import kendalltau
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import QuantileRegressor

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.open import space_of
from hwnas.pipeline.predictions.genome_predictor import GenomePredictor
from hwnas.predictors import features, most_informative, plain_factors
from hwnas.predictors.gaussian_process import GaussianProcessRegressor
from hwnas.problems._public import public_rows
from hwnas.profiling.table import LatencyTable

FILE, PARTS = "hat_transformer_latency.csv.gz", ("encoder", "decoder")
TIMINGS, DRAWN, GOAL = 50, 10, 0.05
FOLDS, BLOCK, DRAWS = 10, 40, 2000
COLUMNS = 8  # at most, in hindsight


def from_all(rows: FloatArray, latency: FloatArray) -> tuple[FloatArray, str]:
    """Relative errors ``(n,)`` of the best model that learnt from nine tenths of the rows, and its name."""
    scaled = (rows - rows.mean(axis=0)) / np.where(rows.std(axis=0) > 0, rows.std(axis=0), 1)
    fold = np.random.default_rng(0).permutation(len(latency)) % FOLDS
    guesses = {name: np.empty(len(latency)) for name in ("trees", "gaussian_process", "least_errors")}
    for i in range(FOLDS):
        learn, test = fold != i, fold == i
        trees = HistGradientBoostingRegressor(loss="absolute_error", max_iter=300, learning_rate=0.05, random_state=0)
        guesses["trees"][test] = np.exp(trees.fit(rows[learn], np.log(latency[learn])).predict(rows[test]))
        process = GaussianProcessRegressor()
        process.fit(rows[learn], latency[learn], 1 / latency[learn])
        guesses["gaussian_process"][test] = process.predict(rows[test])
        guesses["least_errors"][test] = least_absolute(scaled[learn], latency[learn]).predict(scaled[test])
    errors = {name: guess / latency - 1 for name, guess in guesses.items()}
    best = min(errors, key=lambda name: float(np.abs(errors[name]).mean()))
    return errors[best], best


def interval(errors: FloatArray) -> list[float]:
    """Of the mean, 95 %, from blocks of neighbouring rows drawn again and again."""
    blocks = np.array_split(np.abs(errors), len(errors) // BLOCK)
    sums, counts = np.array([block.sum() for block in blocks]), np.array([len(block) for block in blocks])
    drawn = np.random.default_rng(0).integers(0, len(blocks), size=(DRAWS, len(blocks)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return [round(float(end), 4) for end in np.quantile(means, (0.025, 0.975))]


def least_possible(rows: FloatArray, latency: FloatArray) -> float:
    """Mean relative error on these very rows of the linear function of the columns and their squares that has least."""
    scaled = (rows - rows.mean(axis=0)) / np.where(rows.std(axis=0) > 0, rows.std(axis=0), 1)
    both = np.unique(np.concatenate([scaled, scaled**2], axis=1), axis=1)
    return float(np.abs(least_absolute(both, latency).predict(both) / latency - 1).mean())


def least_absolute(rows: FloatArray, latency: FloatArray) -> QuantileRegressor:
    """The linear function with the least mean relative error, exactly, by linear programming."""
    return QuantileRegressor(quantile=0.5, alpha=0.0, solver="highs").fit(rows, latency, sample_weight=1 / latency)


def hindsight(rows: FloatArray, latency: FloatArray, orders: list[IntArray]) -> tuple[float, float]:
    """Mean error from 50 timings with the columns that the judged rows would pick, and its standard error."""
    shown = np.unique((rows - rows.mean(axis=0)) / np.where(rows.std(axis=0) > 0, rows.std(axis=0), 1), axis=1)

    def errors(columns: list[int]) -> FloatArray:
        seen = np.concatenate([np.ones((len(latency), 1)), shown[:, columns]], axis=1) / latency[:, None]
        return np.array([np.abs(seen[o[TIMINGS:]] @ least_errors(seen[o[:TIMINGS]]) - 1).mean() for o in orders])

    picked: list[int] = []
    best = np.full(len(orders), np.inf)
    while len(picked) < COLUMNS:
        found = min((errors([*picked, j]).mean(), j) for j in range(shown.shape[1]) if j not in picked)
        if found[0] >= best.mean():
            break
        picked.append(found[1])
        best = errors(picked)
    return float(best.mean()), float(best.std(ddof=1) / np.sqrt(len(best)))


def timed_first(shown: FloatArray, seed: int) -> IntArray:
    """All rows in the order in which they would be timed: ten at random, the 40 that tell most, the others."""
    order = np.random.default_rng(seed).permutation(len(shown))
    informative = most_informative(plain_factors(shown[order]), TIMINGS - DRAWN, timed=np.arange(DRAWN))
    first = np.concatenate([np.arange(DRAWN), informative])
    return np.concatenate([order[first], order[np.setdiff1d(np.arange(len(order)), first)]])


def least_errors(seen: FloatArray) -> FloatArray:
    """What brings ``seen @ x`` nearest to 1 by absolute errors: least squares, eight times reweighted."""
    weights = np.ones(len(seen))
    for _ in range(8):
        x = np.linalg.lstsq(seen * weights[:, None], weights, rcond=None)[0]
        weights = 1 / np.sqrt(np.maximum(np.abs(seen @ x - 1), 0.01))
    return x


def one_set(name: str, seeds: int) -> dict[str, object]:
    """Figures of one task and device."""
    table = imported(FILE, name)
    space = space_of(table.space.name, table.space.parameters)
    genomes, latency = table.arrays(space)
    errors, coverage, momentless, errors_of_drawn = [], [], [], []
    chosen: dict[str, int] = {}
    shown = features(space, genomes)
    orders = [timed_first(shown, seed) for seed in range(2 * seeds)]
    for seed in range(seeds):
        drawn = np.random.default_rng(seed).permutation(len(latency))
        guess = learnt(table, space, drawn, seed)(genomes[drawn[TIMINGS:]])
        errors_of_drawn.append(float(np.abs(guess.mean / latency[drawn[TIMINGS:]] - 1).mean()))
        predictor, test = learnt(table, space, orders[seed], seed), np.sort(orders[seed][TIMINGS:])
        guess, truth = predictor(genomes[test]), latency[test]
        errors.append(float(np.abs(guess.mean / truth - 1).mean()))
        momentless.append(float(np.abs(np.exp(without_the_moment(np.log(guess.mean / truth))) - 1).mean()))
        coverage.append(float(((guess.low <= truth) & (truth <= guess.high)).mean()))
        fit = predictor.fitted.fitted
        told = f"{fit.regressor.name} on {fit.view.name}"
        chosen[told] = chosen.get(told, 0) + 1
    assert space.features is not None
    told_all = space.features(genomes)
    every, model = from_all(told_all, latency)
    least = least_possible(told_all, latency)
    error = float(np.mean(errors))
    known, standard_error = hindsight(told_all, latency, orders)
    return {
        "mean_error": round(error, 4),
        "mean_error_of_drawn": round(float(np.mean(errors_of_drawn)), 4),
        "worst_seed": round(max(errors), 4),
        "coverage": round(float(np.mean(coverage)), 4),
        "chose": chosen,
        "mean_error_from_all": round(float(np.abs(every).mean()), 4),
        "interval_from_all": interval(every),
        "model_from_all": model,
        "least_possible": round(least, 4),
        "in_hindsight": round(known, 5),
        "in_hindsight_standard_error": round(standard_error, 5),
        "neighbours_errors_kendall": round(float(kendalltau(every[:-1], every[1:]).statistic), 3),
        "without_the_moment": round(float(np.mean(momentless)), 4),
        "published_std_share": round(published_spread(name), 4),
        "met": error < GOAL,
        "points_missing": round(100 * max(0.0, error - GOAL), 2),
        "forbidden": "any timings" if least >= GOAL else "50 timings" if known + standard_error >= GOAL else "",
    }


def learnt(table: LatencyTable, space: SearchSpace, order: IntArray, seed: int) -> GenomePredictor:
    """What the first rows in this order give."""
    known = table.model_copy(update={"rows": [table.rows[i] for i in order[:TIMINGS]]})
    return GenomePredictor.of_table(space, known, seed=seed)


def published_spread(name: str) -> float:
    """The median standard deviation of the runs behind a row, as a share of its latency."""
    rows = [row for row in public_rows(FILE) if row["task_device"] == name]
    both = [[[float(row[f"latency_{kind}_{part}"]) for part in PARTS] for row in rows] for kind in ("std", "mean")]
    stds, means = np.array(both)
    return float(np.median(np.hypot(*stds.T) / means.sum(axis=1)))


def main() -> int:
    """All sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    sets = {}
    for name in sorted({row["task_device"] for row in public_rows(FILE)}):
        sets[name] = one_set(name, arguments.seeds)
        print(name, json.dumps(sets[name]), flush=True)
    save("hat_transformers", __doc__ or "", {"timings": TIMINGS, "seeds": arguments.seeds, "sets": sets})
    return 0


if __name__ == "__main__":
    sys.exit(main())
