"""Claim: the surrogate strategy needs far fewer evaluations than NSGA-II on Once-for-All's MobileNetV3 space.

Accuracy is Once-for-All's own predictor, latency the sum over its Note10 operator table at 224 pixels; both are
checked against a table of 20,000 known answers before anything is compared. Hypervolume is normalised by the
best front known (a long evolution on the true functions together with everything the compared runs found), with
the reference point at the largest network's latency and the smallest network's accuracy.
Times are of the whole loop, archive included, as processor time in one process.

Run:  HWNAS_DATA=folder python benchmarks/search_ofa_table.py [--seeds 3]
"""

import argparse
import csv
import gzip
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from hwnas.archive import Archive, non_dominated
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.files import write_atomic
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.search._engine import run
from hwnas.search._evolution import evolve
from hwnas.search._quality import hypervolume

KERNELS, EXPANSIONS, DEPTHS = (3, 5, 7), (3, 4, 6), (2, 3, 4)
RESOLUTION = 224
OBJECTIVES = [Objective("accuracy", "max", "%"), Objective("latency_ms", "min", "ms")]
RESULT = Path(__file__).parent / "results" / "search_ofa_table.json"
BLOCK = re.compile(r"expanded_conv-input:(\d+x)\1(\d+)-output:(\d+x)\3(\d+)-expand:(\d+)-kernel:(\d+)")


def ofa_space() -> SearchSpace:
    """45 choices: five depths, then a kernel and an expansion for each of 20 blocks."""
    choices = [Choice(f"depth{s}", DEPTHS) for s in range(5)]
    for kind, options in (("kernel", KERNELS), ("expansion", EXPANSIONS)):
        for s in range(5):
            for b in range(4):
                active = {f"depth{s}": tuple(d for d in DEPTHS if d > b)}
                choices.append(Choice(f"{kind}{s}.{b}", options, active_if=active))
    return SearchSpace(choices, name="ofa_mobilenetv3")


class Truth:
    """Accuracy and latency of canonical genomes, from the published predictor and operator table."""

    def __init__(self, data: Path, space: SearchSpace) -> None:
        weights = np.load(data / "ofa_mbv3_acc_predictor_weights.npz")
        self.layers = [(weights[f"w{i}"].T.astype(float), weights[f"b{i}"].astype(float)) for i in range(4)]
        with gzip.open(data / "ofa_latency_luts.json.gz") as file:
            self.tables = json.load(file)
        self.space = space

    def accuracy(self, genomes: IntArray, resolution: int = RESOLUTION) -> FloatArray:
        """Predicted ImageNet top-1, percent."""
        size = np.zeros((len(genomes), 8))
        size[:, (resolution - 112) // 16] = 1
        x = np.concatenate([self.space.one_hot(genomes)[:, 15:], size], axis=1)
        for weight, bias in self.layers[:-1]:
            x = np.maximum(x @ weight + bias, 0)
        weight, bias = self.layers[-1]
        return 100 * (x @ weight + bias)[:, 0]

    def latency(self, genomes: IntArray, resolution: int = RESOLUTION) -> FloatArray:
        """Sum over the operators of a network, milliseconds."""
        table = self.tables[f"note10_r{resolution}"]
        fixed = sum(v["mean"] for k, v in table.items() if not k.startswith("expanded") or "expand:24-" in k)
        blocks: dict[tuple[int, bool], list[float]] = {}
        widths = [24, 32, 48, 96, 136, 192]
        for name, value in table.items():
            if (match := BLOCK.match(name)) and match[5] != "24":
                into, out = int(match[2]), int(match[4])
                key = (widths.index(out) - 1, into != out)
                option = KERNELS.index(int(match[6])) * 3 + EXPANSIONS.index(int(match[5]) // into)
                blocks.setdefault(key, [0.0] * 9)[option] = value["mean"]
        active = self.space.active(genomes)
        total = np.full(len(genomes), fixed)
        for i in range(20):
            costs = np.array(blocks[i // 4, i % 4 == 0])
            total += costs[genomes[:, 5 + i] * 3 + genomes[:, 25 + i]] * active[:, 5 + i]
        return total

    def check(self, data: Path) -> None:
        """Compare with known answers."""
        with gzip.open(data / "ofa_mbv3_w12_surrogate20k.csv.gz", "rt") as file:
            rows = [row for row in csv.DictReader(file) if row["r"] == str(RESOLUTION)]
        genomes = []
        for row in rows:
            d, k, e = ([int(v) for v in row[column].split()] for column in ("d", "ks", "e"))
            genomes.append(
                [DEPTHS.index(v) for v in d] + [KERNELS.index(v) for v in k] + [EXPANSIONS.index(v) for v in e]
            )
        found = self.space.canonical(np.array(genomes))
        for figures, column in ((self.latency(found), "lut_note10_ms"), (self.accuracy(found), "ofa_pred_top1")):
            known = np.array([float(row[column]) for row in rows])
            print(f"{column}: {len(rows)} rows, largest difference {np.abs(figures - known).max():.2g}")
            assert np.allclose(figures, known, atol=2e-3), (figures[:3], known[:3])

    def costs(self, genomes: IntArray) -> FloatArray:
        """Minimised: minus accuracy, latency."""
        return np.stack([-self.accuracy(genomes), self.latency(genomes)], axis=1)

    def evaluate(self, architectures: Iterable[Architecture]) -> Iterator[dict[str, float]]:
        """One dict per architecture."""
        for architecture in architectures:
            (loss, latency), *_ = self.costs(self.space.encode(architecture)[None])
            yield {"accuracy": -loss, "latency_ms": latency}


def best_known(truth: Truth, seed: int) -> FloatArray:
    """Front of a long evolution on the true functions."""
    space = truth.space
    ends = np.stack([space.encode(space.smallest), space.encode(space.largest)])
    start = np.unique(np.concatenate([ends, space.sample(400, np.random.default_rng(seed))]), axis=0)
    _, costs, _ = evolve(
        space, start, lambda x: (truth.costs(x), np.zeros(len(x))), population=200, generations=1000, seed=seed
    )
    return costs[non_dominated(costs)]


def main() -> None:
    """Run all strategies and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--strategies", default="random,nsga2,surrogate")
    parser.add_argument("--checkpoints", default="100,200,400")
    options = parser.parse_args()
    if "HWNAS_DATA" not in os.environ:
        sys.exit("HWNAS_DATA is not set; name the folder with the public tables.")
    data = Path(os.environ["HWNAS_DATA"])
    checkpoints = [int(v) for v in options.checkpoints.split(",")]
    space = ofa_space()
    truth = Truth(data, space)
    truth.check(data)

    known = [best_known(truth, seed) for seed in range(2)]
    runs: dict[str, list[FloatArray]] = {}
    seconds: dict[str, list[float]] = {}
    for strategy in options.strategies.split(","):
        for seed in range(options.seeds):
            with tempfile.TemporaryDirectory() as folder, Archive(Path(folder) / "study.db") as archive:
                began = time.process_time()
                run(
                    space,
                    truth.evaluate,
                    OBJECTIVES,
                    evaluations=checkpoints[-1],
                    strategy=strategy,
                    seed=seed,
                    archive=archive,
                    arm="a",
                )
                seconds.setdefault(strategy, []).append((time.process_time() - began) / checkpoints[-1])
                figures = [[-r.figures["accuracy"], r.figures["latency_ms"]] for r in archive.results("a")]
            runs.setdefault(strategy, []).append(np.array(figures))

    everything = np.concatenate([*known, *(costs for group in runs.values() for costs in group)])
    best = everything[non_dominated(everything)]
    ends = truth.costs(np.stack([space.encode(space.smallest), space.encode(space.largest)]))
    ideal, nadir = best.min(axis=0), ends.max(axis=0)
    scale = hypervolume(best, ideal, nadir)
    table = {
        strategy: {
            "hypervolume": {
                str(n): {
                    "mean": round(float(np.mean(v)), 4),
                    "seeds": [round(x, 4) for x in v],
                }
                for n in checkpoints
                for v in [[hypervolume(costs[:n], ideal, nadir) / scale for costs in group]]
            },
            "cpu_seconds_per_evaluation": round(float(np.mean(seconds[strategy])), 4),
        }
        for strategy, group in runs.items()
    }
    for strategy, row in table.items():
        means = "  ".join(f"{n}: {v['mean']:.3f}" for n, v in row["hypervolume"].items())
        print(f"{strategy:10s} {means}   {1000 * row['cpu_seconds_per_evaluation']:.1f} ms processor time/evaluation")
    print("best known fronts:", [round(hypervolume(k, ideal, nadir) / scale, 4) for k in known])
    document = {
        "schema_version": 1,
        "claim": (__doc__ or "").split("\n")[0],
        "ideal": ideal.tolist(),
        "nadir": nadir.tolist(),
        "seeds": options.seeds,
        "strategies": table,
    }
    write_atomic(RESULT, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
