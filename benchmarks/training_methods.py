"""Not a claim: what publications say of training methods, each tested on networks that were trained alone.

Every method trains a supernet with the same number of sub-network passes, from the same weights of each seed and with
the same order of examples, and all networks that were trained alone inherit from it, with batch-norm statistics
measured alike. `micro_cell` has 256 of them, `micro_widths` 64, `kernels` 32, `pooling` 15; where a name ends in `long`
every supernet trains four times as long, where in `short` a quarter as long, and where in `tuned` it begins as the
largest network, trained alone before. A claim has a verdict as soon as five seeds of both sides are done: *reproduced*
if the 95 % bootstrap interval of the mean difference lies above 0, *reversed* if it lies below, else *not seen*. Killed
at any moment, the same command continues; what its published result has is not made again; `--tell` only writes what is
done.

Run:  nice -n 19 python benchmarks/training_methods.py [--tell] [--only micro_cell]      about three hours of one core
"""

import argparse
import json
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from _lines import append, whole_lines
from _saving import processor, provenance, published, save
from _training_claims import ARMS, CLAIMS, Arm
from _training_figures import SEEDS, by_size, ceiling, compared, figures, verdict
from _training_page import write_page
from _training_truth import ALONE, TRUTHS, Truth
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import names
from hwnas.contracts.training import Method
from hwnas.evaluation.calibration import calibrated, drawn
from hwnas.evaluation.scores import scores_of_network
from hwnas.pipeline.initial_weights import begin_as
from hwnas.pipeline.train import named_method
from hwnas.supernet import Supernet
from hwnas.training._curve import StepDone
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.fixed import fixed

NAME = "training_methods"
RUNS = Path("runs/training_methods.jsonl")
KEPT = ("seconds", "passes", "steps", "commit", "processor", "right")  # of a run, beside its figures
ELSEWHERE = {"diffnas", "exssnet", "fixed"}  # two have benchmarks of their own, the last trains alone


def through(truth: Truth, supernet: Supernet, method: Method, seed: int, passes: int) -> list[StepDone]:
    """Train for so many passes; what the steps did."""
    steps: list[StepDone] = []
    with TemporaryDirectory() as folder:
        recipe = Recipe(seed=seed, passes=passes, **truth.recipe)
        Trainer(supernet, truth.task, method, recipe, Path(folder)).run(steps.append)
    return steps


@cache
def largest_alone(name: str, seed: int) -> dict[str, Tensor]:
    """The tensors of the largest network of a truth, trained alone for its `start`."""
    truth = TRUTHS[name]()
    supernet = Supernet(truth.space, seed=seed)
    through(truth, supernet, fixed(truth.space), seed, truth.start)
    return calibrated(supernet, truth.space.largest, truth.task.examples("train")).state_dict()


def trained(arm: Arm, seed: int) -> dict[str, Any]:
    """Accuracies that all networks inherit, and what the training took."""
    truth = TRUTHS[arm.space]()
    method = named_method(arm.method, truth.space, arm.settings)
    start = largest_alone(arm.space, seed) if truth.start else {}
    supernet, began = Supernet(truth.space, method.sharing, seed=seed), time.process_time()
    if start:
        begin_as(supernet, start)
    steps = through(truth, supernet, method, seed, truth.passes)
    seconds = time.process_time() - began
    train, search = truth.task.examples("train"), drawn(truth.task.examples("search"), truth.examples)
    networks = (calibrated(supernet, a, train, count=truth.calibration) for a in truth.architectures)
    inherited = [float(scores_of_network(truth.task, n, truth.space.inputs, search).mean()) for n in networks]
    took = {"seconds": round(seconds, 2), "passes": round(steps[-1].passes, 2), "steps": len(steps)}
    made = {"commit": provenance()["commit"], "processor": processor()}
    return {"space": arm.space, "arm": arm.name, "seed": seed, **took, **made, "right": counted(inherited, truth)}


def counted(inherited: list[float], truth: Truth) -> str:
    """Right answers of all networks, which fit on a line."""
    return " ".join(str(round(share * truth.examples)) for share in inherited)


def trained_or_fault(arm: Arm, seed: int) -> dict[str, Any]:
    """The same, or in one sentence why it came to no end."""
    try:
        return trained(arm, seed)
    except InputError as error:
        fault = str(error).partition(";")[0]
        return {"space": arm.space, "arm": arm.name, "seed": seed, "fault": fault}


def told(before: Mapping[str, Any], lines: list[str]) -> dict[str, Any]:
    """Figures of every run, those published `before` too, by space and arm, and verdicts of what has seeds enough.

    Figures are computed anew, from the right answers that are kept of every run.
    """
    rows, spaces = [json.loads(line) for line in lines], {}
    for name in sorted({*before, *(row["space"] for row in rows)}):
        truth, known = TRUTHS[name](), before.get(name, {"arms": {}, "faults": []})
        of_space = [row for row in rows if row["space"] == name]
        faults = [*known["faults"], *(row for row in of_space if "fault" in row)]
        runs = {(arm, seed): run for arm, seeds in known["arms"].items() for seed, run in seeds.items()}
        runs |= {(row["arm"], str(row["seed"])): row for row in of_space if "fault" not in row}
        arms: dict[str, dict[str, Any]] = {}
        for (arm, seed), run in runs.items():
            inherited = np.array([int(count) for count in run["right"].split()]) / truth.examples
            kept = {of: run[of] for of in KEPT}
            arms.setdefault(arm, {})[seed] = {**figures(truth, inherited), **kept}
        spaces[name] = {"ceiling": ceiling(truth), "passes": truth.passes, "start": truth.start, "recipe": truth.recipe}
        searched = len(truth.task.examples("search").labels)
        spaces[name] |= {"machines": sorted(set(truth.machines)), "examples": [truth.examples, searched]}
        spaces[name] |= {"by_size": by_size(truth)}
        spaces[name] |= {"faults": list({(row["arm"], row["seed"]): row for row in faults}.values()), "arms": arms}
    run = {arm.split(" ")[0] for found in spaces.values() for arm in found["arms"]}
    not_run = sorted(set(names("training")) - run - ELSEWHERE)
    truths = {name: {"seeds": seeds_of(TRUTHS[name]()), **ceiling(TRUTHS[name]())} for name in ALONE}
    return {"truths": truths, "spaces": spaces, "verdicts": verdicts(spaces), "not_run": not_run}


def seeds_of(truth: Truth) -> list[int]:
    """The fewest and the most seeds that one of its networks was trained with."""
    counts = np.isfinite(truth.report).sum(axis=1)
    return [int(counts.min()), int(counts.max())]


def verdicts(spaces: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of all claims that both sides have seeds enough for."""
    said = []
    for claim in CLAIMS:
        sides = (claim.space, claim.arm), (claim.against_space or claim.space, claim.against)
        one, other = (spaces.get(space, {}).get("arms", {}).get(arm, {}) for space, arm in sides)
        seeds = sorted(set(one) & set(other), key=int)
        if len(seeds) < SEEDS:
            continue
        sign = -1 if claim.less else 1
        pairs = [[sign * arm[seed][claim.figure] for seed in seeds] for arm in (one, other)]
        mean, interval = compared(*pairs)
        found = {"seeds": len(seeds), "mean": mean, "interval": interval, "verdict": verdict(interval)}
        said.append({**claim._asdict(), **found})
    return said


def main() -> None:
    """Train what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tell", action="store_true")
    parser.add_argument("--only", choices=tuple(TRUTHS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    before = published(NAME).get("spaces", {})
    for arm in [] if options.tell else ARMS:
        known = before.get(arm.space, {"arms": {}, "faults": []})
        lines = [json.loads(line) for line in whole_lines(RUNS)]
        done = {(row["space"], row["arm"], row["seed"]) for row in lines}
        runs = known["arms"].get(arm.name, {})
        done |= {(arm.space, arm.name, int(seed)) for seed in runs}
        done |= {(arm.space, fault["arm"], fault["seed"]) for fault in known["faults"]}
        for seed in range(SEEDS):
            if options.only in {None, arm.space} and (arm.space, arm.name, seed) not in done:
                append(RUNS, trained_or_fault(arm, seed))
    save(NAME, __doc__ or "", told(before, whole_lines(RUNS)), told=False)
    write_page()


if __name__ == "__main__":
    main()
