"""Claim: sub-networks inherit nearly the accuracy they reach when trained alone.

For the shipped supernet: accuracy on the 10,000 Fashion-MNIST test images of the smallest, the largest, the middle and
nine further sub-networks spread over the space, each with batch-norm statistics measured on 500 training images.
With `--alone`, each is also trained alone: same recipe, same number of steps, same first weights, no distillation
(there is nobody to learn from). That takes hours, so it is done one by one, resumes when killed, and what is done is
kept in the result; the mean difference is given over those that are done.

Run:  python benchmarks/supernet_quality.py [--alone] [--threads 1] [--only KEY]
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from _saving import RESULTS, save

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.task import Examples, Task
from hwnas.evaluation.calibration import calibrated
from hwnas.evaluation.interval import wilson_interval
from hwnas.evaluation.scores import scores_of_network
from hwnas.genomes.sampling import draw
from hwnas.pipeline.open import load_supernet, open_task
from hwnas.supernet import Supernet
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.fixed import fixed

NAME = "supernet_quality"
ARCHITECTURES = 12
WORK = Path("runs/alone")


def test_accuracy(supernet: Supernet, architecture: Architecture, task: Task, report: Examples) -> float:
    """Share of the test images classified right with inherited weights."""
    network = calibrated(supernet, architecture, task.examples("train"))
    return float(scores_of_network(task, network, supernet.space.inputs, report).mean())


def trained_alone(shipped: Supernet, architecture: Architecture, task: Task, report: Examples) -> float:
    """The same for weights of its own."""
    recipe = Recipe(**shipped.record["recipe"])
    alone = Supernet(shipped.space, seed=recipe.seed)
    trainer = Trainer(alone, task, fixed(shipped.space, architecture=architecture), recipe, WORK / architecture.key)
    trainer.run(lambda done: print(f"\r{architecture.key} {done.step}/{done.of}", end="", flush=True), 60.0)
    return test_accuracy(alone, architecture, task, report)


def finished(shipped: Supernet) -> dict[str, float]:
    """Accuracies alone, by key, that an earlier call kept for this recipe and space: they do not depend on more."""
    path = RESULTS / f"{NAME}.json"
    if not path.exists():
        return {}
    old = json.loads(path.read_text())
    if any(old["training"][name] != shipped.record[name] for name in ("recipe", "space", "task")):
        return {}
    return {row["key"]: row["alone"] for row in old["architectures"] if row["alone"] is not None}


def main() -> None:
    """Measure, and keep what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--only")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    shipped, task = load_supernet("fashion_mnist"), open_task("fashion_mnist")
    report = task.examples("report")
    space = shipped.space
    genomes = draw(space, ARCHITECTURES, seed=0)
    macs = space.costs(genomes)["macs"] if space.costs else np.zeros(len(genomes))
    rows = []
    for genome, cost in zip(genomes, macs, strict=True):
        architecture = space.decode(genome)
        share = test_accuracy(shipped, architecture, task, report)
        rows.append(
            {
                "key": architecture.key,
                "macs": float(cost),
                "inherited": share,
                "interval": wilson_interval(share, len(report)),
                "architecture": dict(architecture),
            }
        )
    rows[0]["name"], rows[1]["name"], rows[2]["name"] = "smallest", "largest", "middle"
    keep(shipped, rows)
    if options.alone:
        for row in sorted(rows, key=lambda row: row["macs"]):
            if row["key"] in finished(shipped) or options.only not in {None, row["key"]}:
                continue
            share = trained_alone(shipped, space.architecture(row["architecture"]), task, report)
            keep(shipped, rows, {row["key"]: share})


def keep(shipped: Supernet, rows: list[dict[str, object]], new: dict[str, float] | None = None) -> None:
    """Write the result with everything that is known by now."""
    alone = {**finished(shipped), **(new or {})}
    known = [(row["inherited"], alone[row["key"]]) for row in rows if row["key"] in alone]
    gaps = [own - inherited for inherited, own in known]
    save(
        NAME,
        __doc__ or "",
        {
            "supernet": shipped.digest(),
            "training": {k: v for k, v in shipped.record.items() if k != "curve"},
            "test_images": 10_000,
            "architectures": [{**row, "alone": alone.get(row["key"])} for row in rows],
            "trained_alone": len(gaps),
            "mean_gap": float(np.mean(gaps)) if gaps else None,
            "mean_absolute_gap": float(np.mean(np.abs(gaps))) if gaps else None,
        },
    )


if __name__ == "__main__":
    main()
