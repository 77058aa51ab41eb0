"""Claim: a search for a second device that starts from the archive of a first needs fewer evaluations than a cold one.

Once-for-All's MobileNetV3 space, accuracy by its own predictor. First a search for the Note10 (its operator table),
then one for an Intel i7-8700K (NSGANetV2's operator table, without squeeze-and-excitation where it lists both).
Three ways to begin it, by the default strategy: cold; from the front of the first search; from its archive, that is
from the front and with all its figures as features. Hypervolume is a share of the best front known on the second
device, the reference point its largest network's latency and its smallest one's accuracy.

Run:  HWNAS_DATA=folder python benchmarks/search_warm_start.py [--seeds 3]
Results are written run by run; a run that is there is not run again.
"""

import argparse
import json

import numpy as np
from _saving import RESULTS, save
from search_targets import OBJECTIVES, Costs, best_known

from hwnas.archive import Archive
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.problems._once_for_all import EXPANSIONS, KERNELS, SQUEEZED, STRIDES, WIDTHS
from hwnas.problems.ofa_note10 import ofa_note10
from hwnas.searches.curves import Scale
from hwnas.searches.front import SearchFront
from hwnas.searches.search import search

NAME = "search_warm_start"
FIRST, SECOND = 200, 150  # evaluations
MARKS = (25, 50, 75, 100, 150)
THERE = [OBJECTIVES[0], Objective("i7_ms")]


def i7_latency(space: SearchSpace, table: dict[str, dict[str, float]], genomes: IntArray) -> FloatArray:
    """Sum over the blocks that differ between networks, milliseconds."""
    active, side, total = space.active(genomes), 112, np.zeros(len(genomes))
    for i in range(20):
        stage, first = i // 4, i % 4 == 0
        stride = STRIDES[stage] if first else 1
        into, out = WIDTHS[stage] if first else WIDTHS[stage + 1], WIDTHS[stage + 1]
        after = side // stride
        costs = np.zeros((3, 3))
        for k, kernel in enumerate(KERNELS):
            for e, expansion in enumerate(EXPANSIONS):
                name = (
                    f"MBConv-input:{side}x{side}x{into}-output:{after}x{after}x{out}-expand:{expansion}"
                    f"-kernel:{kernel}-stride:{stride}-idskip:{int(not first)}"
                )
                squeezed = f"{name}-se:{int(SQUEEZED[stage])}"
                costs[k, e] = table[squeezed if squeezed in table else f"{name}-se:0"]["mean"]
        total += costs[genomes[:, 5 + i], genomes[:, 25 + i]] * active[:, 5 + i]
        side = after
    return total


def searched(space: SearchSpace, costs: Costs, objectives: list[Objective], **settings: object) -> SearchFront:
    """One search by the default strategy."""

    def evaluate(architectures: list[Architecture]) -> list[dict[str, float]]:
        values = costs(space.encode_many(architectures))
        return [{"accuracy": -v[0], objectives[1].name: v[1]} for v in values]

    return search(space, evaluate, objectives, at_once=25, **settings)  # type: ignore[arg-type]


def means(runs: dict[str, dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Over seeds, after so many evaluations."""
    return {
        way: {str(n): round(float(np.mean([row[str(n)] for row in rows.values()])), 4) for n in MARKS}
        for way, rows in runs.items()
        if rows
    }


def main() -> None:
    """Run what is missing and print the means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    known_device = ofa_note10()
    space, truth = known_device.space, known_device.truth
    table = truth.tables["i7_8700K_nsganetv2"]
    path = RESULTS / f"{NAME}.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    content = {part: before[part] for part in ("reference", "runs") if part in before} or {"runs": {}}

    def there(genomes: IntArray) -> FloatArray:
        return np.stack([-truth.accuracy(genomes), i7_latency(space, table, genomes)], axis=1)

    if "reference" not in content:
        scale = best_known(space, there)
        content["reference"] = {"ideal": scale.ideal.tolist(), "nadir": scale.nadir.tolist(), "best": scale.best}
    kept = content["reference"]
    scale = Scale(np.array(kept["ideal"]), np.array(kept["nadir"]), kept["best"], margin=0.0)
    for seed in range(options.seeds):
        first = Archive()
        for way in ("cold", "front", "archive"):
            rows = content["runs"].setdefault(way, {})
            if str(seed) in rows:
                continue
            if not len(first):
                known = searched(space, known_device.costs, OBJECTIVES, evaluations=FIRST, seed=seed, archive=first)
            start = {"cold": (), "front": [r.trial.architecture for r in known], "archive": first}[way]
            front = searched(space, there, THERE, evaluations=SECOND, seed=seed + 100, start=start)
            found = np.array([[-r.figures["accuracy"], r.figures["i7_ms"]] for r in front.results])
            rows[str(seed)] = {str(n): round(scale.share(found[:n]), 4) for n in MARKS}
            save(NAME, __doc__ or "", {**content, "means": means(content["runs"])}, told=False)
            print(way, seed, rows[str(seed)], flush=True)
    print(json.dumps(means(content["runs"]), indent=1))


if __name__ == "__main__":
    main()
