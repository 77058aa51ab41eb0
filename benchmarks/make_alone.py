"""Not a claim: networks of a small space trained alone on `fashion_mnist14`, as a truth to test rankings on.

Of `micro_widths` 64, one from each of 64 equally large parts of the space by multiply-adds, its smallest and largest
one among them; of `kernels`, one stage of two to four blocks of `mobilenetv3`, so of kernel sizes too, 32 likewise; of
`pooling`, here with six blocks from 8 channels on, all 15. With three seeds each, in the same order seed by seed, so
that a table of one seed is of use before the others are done. All are trained by the loop and a recipe of hwnas, and
have batch-norm statistics measured as for inherited weights. Killed at any moment, the same command continues; what is
done is kept in the result after every seed, and what the published one has is not made again.

Run:  nice -n 19 python benchmarks/make_alone.py SPACE      about half an hour of one core
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping
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
from hwnas.spaces.mobilenetv3 import mobilenetv3
from hwnas.spaces.pooling import pooling
from hwnas.supernet import Supernet
from hwnas.tasks.fashion_mnist14 import fashion_mnist14
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.fixed import fixed


def kernels() -> SearchSpace:
    """One stage of MobileNetV3's blocks."""
    stage = {"stage_widths": (16,), "stage_strides": (2,), "stage_activations": ("relu",), "squeeze_excite": (False,)}
    ends = {"stem_width": 8, "stem_stride": 1, "first_block": False, "final_width": 48, "feature_width": 48}
    return mobilenetv3(input_shape=(1, 14, 14), classes=10, **stage, **ends)  # type: ignore[arg-type]


SPACES: Mapping[str, Callable[[], SearchSpace]] = {
    "micro_widths": micro_widths,
    "kernels": kernels,
    "pooling": lambda: pooling(input_shape=(1, 14, 14), blocks=6, width=8),
}
MOST, SEEDS = {"micro_widths": 64, "kernels": 32, "pooling": 15}, 3  # architectures
MEASURED = ("search", "report", "seconds")  # shares of images, and processor time
RECIPE = {"epochs": 4, "batch_size": 100, "warmup_steps": 50}


def name_of(space: str) -> str:
    """Of the result."""
    return f"make_alone_{space}"


def stratified(space: SearchSpace, count: int) -> list[Architecture]:
    """One architecture of each of `count` parts of the space, by rising multiply-adds; its ends stand for theirs."""
    assert space.costs is not None
    genomes = every_genome(space)
    macs = space.costs(genomes)["macs"]
    rng = np.random.default_rng(0)
    drawn = [rng.choice(part) for part in np.array_split(np.argsort(macs, kind="stable"), count)]
    return [space.smallest, *(space.decode(genomes[i]) for i in drawn[1:-1]), space.largest]


def trained_alone(space: SearchSpace, architecture: Architecture, seed: int, task: Task) -> dict[str, Any]:
    """Accuracies on both sets of images that it did not learn from."""
    began = time.process_time()
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


def begun(name: str) -> list[dict[str, Any]]:
    """What the published result has, by network and seed."""
    result = published(name_of(name))
    return [
        {"key": Architecture(row["architecture"]).key, "seed": seed, **{name: row[name][i] for name in MEASURED}}
        for row in result.get("architectures", [])
        for i, seed in enumerate(result["seeds"])
    ]


def keep(name: str, architectures: list[Architecture], trained: list[dict[str, Any]], task: Task) -> None:
    """Write everything that is known."""
    space = SPACES[name]()
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
    claim = (
        f"Not a claim: {len(rows)} networks of `{name}` trained alone on `{task.name}`, as a truth to test rankings on."
    )
    made = {"space": space.name, "parameters": dict(space.parameters), "task": task.name, "data": dict(task.provenance)}
    figures = {**made, "torch": torch.__version__, "recipe": recipe, "seeds": seeds, "architectures": rows}
    save(name_of(name), claim, figures, told=False)


def main() -> None:
    """Train what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("space", choices=tuple(SPACES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    space, task = SPACES[options.space](), fashion_mnist14()
    trained, before = Path(f"runs/alone/{options.space}.jsonl"), begun(options.space)
    architectures = stratified(space, MOST[options.space])
    order = np.random.default_rng(1).permutation(len(architectures))
    for seed in range(SEEDS):
        done = {(row["key"], row["seed"]) for row in [*before, *map(json.loads, whole_lines(trained))]}
        missing = [architectures[i] for i in order if (architectures[i].key, seed) not in done]
        for architecture in missing:
            append(trained, trained_alone(space, architecture, seed, task))
        if missing:
            keep(options.space, architectures, [*before, *map(json.loads, whole_lines(trained))], task)


if __name__ == "__main__":
    main()
