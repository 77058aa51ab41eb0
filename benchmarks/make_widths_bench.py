"""Not a claim: 64 networks of `micro_widths` trained alone on `fashion_mnist14`, as a truth to test rankings on.

One from each of 64 equally large parts of the space by multiply-adds, its smallest and largest one among them; with
three seeds each, in the same order seed by seed, so that a table of one seed is of use before the others are done. All
are trained by the loop and a recipe of hwnas, and have batch-norm statistics measured as for inherited weights. Killed
at any moment, the same command continues; what is done is kept in the result after every seed, and what the published
one has is not made again.

Run:  nice -n 19 python benchmarks/make_widths_bench.py      about a quarter of an hour of one core
"""

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from _lines import append, whole_lines
from _saving import published, save

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Task
from hwnas.evaluation.calibration import calibrated
from hwnas.evaluation.scores import scores_of_network
from hwnas.genomes.listing import every_genome
from hwnas.spaces.micro_widths import micro_widths
from hwnas.supernet import Supernet
from hwnas.tasks.fashion_mnist14 import fashion_mnist14
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.fixed import fixed

NAME = "make_widths_bench"
TRAINED = Path("runs/widths_bench/trained.jsonl")
ARCHITECTURES, SEEDS = 64, 3
MEASURED = ("search", "report", "seconds")  # shares of images, and processor time
RECIPE = {"epochs": 4, "batch_size": 100, "warmup_steps": 50}


def stratified(space: SearchSpace, count: int) -> list[Architecture]:
    """One architecture of each of `count` parts of the space, by rising multiply-adds; its ends stand for theirs."""
    assert space.costs is not None
    genomes = every_genome(space)
    macs = space.costs(genomes)["macs"]
    rng = np.random.default_rng(0)
    drawn = [rng.choice(part) for part in np.array_split(np.argsort(macs, kind="stable"), count)]
    return [space.smallest, *(space.decode(genomes[i]) for i in drawn[1:-1]), space.largest]


def trained_alone(architecture: Architecture, seed: int, task: Task) -> dict[str, Any]:
    """Accuracies on both sets of images that it did not learn from."""
    space, began = micro_widths(), time.process_time()
    alone = Supernet(space, seed=seed)
    with TemporaryDirectory() as folder:
        method = fixed(space, architecture=architecture)
        Trainer(alone, task, method, Recipe(seed=seed, **RECIPE), Path(folder)).run()  # type: ignore[arg-type]
    network = calibrated(alone, architecture, task.examples("train"))
    shares = {
        split: float(scores_of_network(task, network, space.inputs, task.examples(split)).mean())
        for split in ("search", "report")
    }
    return {"seed": seed, "key": architecture.key, **shares, "seconds": round(time.process_time() - began, 2)}


def begun() -> list[dict[str, Any]]:
    """What the published result has, by network and seed."""
    result = published(NAME)
    return [
        {"key": Architecture(row["architecture"]).key, "seed": seed, **{name: row[name][i] for name in MEASURED}}
        for row in result.get("architectures", [])
        for i, seed in enumerate(result["seeds"])
    ]


def keep(architectures: list[Architecture], trained: list[dict[str, Any]], task: Task) -> None:
    """Write everything that is known."""
    space = micro_widths()
    assert space.costs is not None
    costs = space.costs(space.encode_many(architectures))
    known = {(row["key"], row["seed"]): row for row in trained}
    seeds = [seed for seed in range(SEEDS) if all((a.key, seed) in known for a in architectures)]
    rows = []
    for i, architecture in enumerate(architectures):
        found = {name: [known[architecture.key, seed][name] for seed in seeds] for name in MEASURED}
        sizes = {name: float(values[i]) for name, values in costs.items()}
        rows.append({"architecture": dict(architecture), **sizes, **found})
    recipe = Recipe(**RECIPE).settings  # type: ignore[arg-type]
    made = {"space": space.name, "task": task.name, "data": dict(task.provenance), "torch": torch.__version__}
    save(NAME, __doc__ or "", {**made, "recipe": recipe, "seeds": seeds, "architectures": rows}, told=False)


def main() -> None:
    """Train what is missing."""
    torch.set_num_threads(1)
    task, architectures = fashion_mnist14(), stratified(micro_widths(), ARCHITECTURES)
    order = np.random.default_rng(1).permutation(len(architectures))
    before = begun()
    for seed in range(SEEDS):
        done = {(row["key"], row["seed"]) for row in [*before, *map(json.loads, whole_lines(TRAINED))]}
        missing = [architectures[i] for i in order if (architectures[i].key, seed) not in done]
        for architecture in missing:
            append(TRAINED, trained_alone(architecture, seed, task))
        if missing:
            keep(architectures, [*before, *map(json.loads, whole_lines(TRAINED))], task)


if __name__ == "__main__":
    main()
