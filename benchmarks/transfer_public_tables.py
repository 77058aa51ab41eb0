"""Claim: 10 timings and other devices' tables rank a new device better than HELP's 10 do, by HELP's own protocol.

HELP (Lee et al., NeurIPS 2021) meta-learns on nine devices, 900 cells of NAS-Bench-201 each, and reports Spearman
correlations from 10 timings of a new device: Gold 6226 0.989, Raspberry Pi 4 0.890, Titan RTX at batch 256 0.987. Here
the sources are those five of its nine that the public tables have: Xeon Silver 4114, Pixel 3, Samsung S7, GTX 1080 Ti
at batch 1 and at 32. The ten cells to time are chosen by `transfer_timings`; beside it: ten random cells.

Two protocols:

* `helps_protocol`, as its published code has it: cells 0 to 899 of the benchmark's own order are there to learn from
  (sources, and the pool of the ten), cells 900 to 1,899 to judge by; of both the fastest and the slowest tenth on the
  device are left out.
* `every_cell`: 900 random cells of each source, a pool of 900 random cells, and the test is every cell with a path that
  is isomorphic to none of the ten. This is harder, for the table is not of one moment: in the published order, errors
  of neighbouring cells of the Gold 6226 go together (`neighbours_errors`, of a linear model that has seen all 15,625
  cells), so no function of the cell can foretell them. `everything_seen` is that model's own rank correlation;
  `without_the_moment` is what ten timings give once each truth is freed of its neighbours' median error.

What predicts is that of `hwnas predict T.json --transfer-from ...`, in the space that `hwnas import` makes; the remark
on folding in `predictor_public_tables.py` concerns the Pi 4 here too.

Run:  HWNAS_DATA=folder python benchmarks/transfer_public_tables.py [--seeds 10]
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from _moment import without_the_moment
from _saving import save
from predictor_public_tables import NEAR_ZERO_MS, Cells, averages, cells, figures, isomorphic
from scipy.stats import spearmanr

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.pipeline.predictions.genome_predictor import GenomePredictor
from hwnas.predictors import features
from hwnas.predictors.ridge import RidgeRegressor
from hwnas.predictors.transfer import transfer_timings
from hwnas.profiling.table import TransferSource

SOURCES = ("silver_4114", "pixel3", "samsung_s7", "1080ti_1", "1080ti_32")
BARS = {"gold_6226": 0.989, "raspi4": 0.890, "titan_rtx_256": 0.987}
ALSO = ("titan_rtx_1", "titanx_32")
TIMINGS, POOL = 10, 900
HELPS_TEST = range(900, 1900)


@dataclass(frozen=True)
class Protocol:
    """Which rows of a device may be learnt from, which judge; both are asked for with a generator."""

    pool: Callable[[FloatArray, np.random.Generator], IntArray]
    test: Callable[[FloatArray], IntArray]


def middle(rows: IntArray, latency: FloatArray) -> IntArray:
    """Those rows that are neither of the fastest nor of the slowest tenth, in their order."""
    by_latency = rows[np.argsort(latency[rows])]
    return np.sort(by_latency[len(rows) // 10 : len(rows) - len(rows) // 10])


def with_path(latency: FloatArray) -> IntArray:
    """Rows that are more than nothing."""
    return np.flatnonzero(latency > NEAR_ZERO_MS)


PROTOCOLS = {
    "helps_protocol": Protocol(
        pool=lambda latency, rng: rng.permutation(middle(np.arange(POOL), latency)),
        test=lambda latency: middle(np.array(HELPS_TEST), latency),
    ),
    "every_cell": Protocol(pool=lambda latency, rng: rng.permutation(with_path(latency))[:POOL], test=with_path),
}


def one_seed(
    protocol: Protocol, shown: FloatArray, known: dict[str, Cells], target: str, groups: IntArray, seed: int
) -> dict[str, dict[str, float]]:
    """Chosen and random timings of one target."""
    rng = np.random.default_rng(seed)
    own, others, sources = known[target], [], []
    for name in SOURCES:
        rows = protocol.pool(known[name].latency_ms, rng)
        others.append(TransferSource(device=name, id=name, rows=known[name].part(rows).rows))
        sources.append((shown[rows], known[name].latency_ms[rows]))
    truth = own.latency_ms
    pool = protocol.pool(truth, rng)
    found = {}
    for name, ten in (
        ("chosen", pool[transfer_timings(sources, shown[pool], TIMINGS, own.space)]),
        ("random", pool[:TIMINGS]),
    ):
        table = own.part(ten).model_copy(update={"transfer_sources": others})
        predictor = GenomePredictor.of_table(own.space, table, seed=seed)
        test = protocol.test(truth)
        test = test[~np.isin(groups[test], groups[ten])]
        guess = predictor(own.genomes[test])
        found[name] = figures(truth[test], guess)
        freed = without_the_moment(np.log(guess.mean / truth[test]))
        found[name]["without_the_moment"] = float(spearmanr(guess.mean, guess.mean / np.exp(freed)).statistic)
    return found


def everything_seen(shown: FloatArray, latency: FloatArray) -> dict[str, float]:
    """Of a linear model of all cells, on its own rows: rank correlation, and that of neighbours' errors."""
    usable = with_path(latency)
    seen, truth = shown[usable], latency[usable]
    model = RidgeRegressor()
    model.fit(seen, truth, 1 / np.maximum(truth, np.median(latency) / 2))
    guess = model.predict(seen)
    error = guess / truth
    return {
        "everything_seen": round(float(spearmanr(guess, truth).statistic), 4),
        "neighbours_errors": round(float(spearmanr(error[:-1], error[1:]).statistic), 3),
    }


def main() -> int:
    """All targets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    groups, targets = isomorphic(), (*BARS, *ALSO)
    known = {name: cells(name) for name in dict.fromkeys((*SOURCES, *targets))}
    shown = features(known[SOURCES[0]].space, known[SOURCES[0]].genomes)
    devices: dict[str, object] = {}
    for target in targets:
        result: dict[str, object] = {}
        for told, protocol in PROTOCOLS.items():
            if told == "helps_protocol" and target not in BARS:
                continue
            runs = [one_seed(protocol, shown, known, target, groups, seed) for seed in range(arguments.seeds)]
            result[told] = {name: averages([run[name] for run in runs]) for name in runs[0]}
            if told == "helps_protocol":
                reached = float(np.mean([run["chosen"]["spearman"] for run in runs]))
                result |= {"help": BARS[target], "met": reached > BARS[target]}
        result |= everything_seen(shown, known[target].latency_ms)
        devices[target] = result
        print(target, json.dumps(result), flush=True)
    save(
        "transfer_public_tables",
        __doc__ or "",
        {"timings": TIMINGS, "sources": SOURCES, "seeds": arguments.seeds, "devices": devices},
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
