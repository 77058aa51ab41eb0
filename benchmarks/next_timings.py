"""Claim, kept on no device of four: chosen architectures need a third fewer timings than random ones.

NAS-Bench-201 on four devices (public tables). From 25 random cells on, more are timed up to 100: chosen among 900 by
`most_informative` (from their standardised features; it needs no figures), or at random. The default predictor learns
from each set; error on all cells that are isomorphic to none of it; mean over seeds. `met`: 40 chosen give no larger
median error than 60 random ones. What choosing does give is told by `chosen_to_random`, of as many timings each: the
ratio of the mean errors, and of the median errors; below 1 choosing helped. Mean errors are ruled by the few cells that
a predictor is far off at.

Run:  HWNAS_DATA=folder python benchmarks/next_timings.py [--seeds 5]
"""

import argparse
import json
import sys

import numpy as np
from _saving import save
from predictor_public_tables import NEAR_ZERO_MS, Cells, averages, cells, figures, isomorphic

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.pipeline.predictions.genome_predictor import GenomePredictor
from hwnas.predictors import features, most_informative, plain_factors

DEVICES = ("gold_6226", "1080ti_1", "raspi4", "pixel3")
FIRST, SIZES, POOL = 25, (40, 60, 100), 900


def one_seed(known: Cells, shown: FloatArray, groups: IntArray, seed: int) -> dict[str, dict[str, float]]:
    """Figures per way and size."""
    usable = known.latency_ms > NEAR_ZERO_MS
    order = np.random.default_rng(seed).permutation(np.flatnonzero(usable))
    _, first = np.unique(groups[order], return_index=True)
    pool = order[np.sort(first)[:POOL]]
    told = most_informative(plain_factors(shown[pool]), SIZES[-1] - FIRST, timed=np.arange(FIRST))
    found = {}
    for size in SIZES:
        chosen = np.concatenate([np.arange(FIRST), told[: size - FIRST]])
        for name, rows in (("chosen", chosen), ("random", np.arange(size))):
            learn = pool[rows]
            predictor = GenomePredictor.of_table(known.space, known.part(learn), seed=seed)
            test = np.flatnonzero(usable & ~np.isin(groups, groups[learn]))
            found[f"{name} {size}"] = figures(known.latency_ms[test], predictor(known.genomes[test]))
    return found


def chosen_to_random(means: dict[str, dict[str, float]], size: int) -> dict[str, float]:
    """Ratios of errors, of so many timings each."""
    kinds = ("mean_error", "median_error")
    return {kind: round(means[f"chosen {size}"][kind] / means[f"random {size}"][kind], 3) for kind in kinds}


def main() -> int:
    """All devices."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    groups = isomorphic()
    devices: dict[str, dict[str, object]] = {}
    for device in DEVICES:
        known = cells(device)
        shown = features(known.space, known.genomes)
        runs = [one_seed(known, shown, groups, seed) for seed in range(arguments.seeds)]
        means = {name: averages([run[name] for run in runs]) for name in runs[0]}
        ratios = {str(size): chosen_to_random(means, size) for size in SIZES}
        met = means["chosen 40"]["median_error"] <= means["random 60"]["median_error"]
        devices[device] = {**means, "chosen_to_random": ratios, "met": met}
        print(device, json.dumps(devices[device]), flush=True)
    save("next_timings", __doc__ or "", {"seeds": arguments.seeds, "devices": devices})
    return 0


if __name__ == "__main__":
    sys.exit(main())
