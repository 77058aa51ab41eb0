"""Not a claim: what publications say of exclusive supermasks, tested on five pairs of classes learnt one after another.

Fashion-MNIST at 14x14 in `micro_widths`; every method makes the same number of passes from the same weights of each
seed. Afterwards every pair has its own network, whose accuracy on unseen examples of the pair's classes is taken; what
was forgotten is how much less that is than when the pair had just been learnt. Five paired seeds, verdicts as in
`training_methods.py`. Killed at any moment, the same command continues.

Run:  nice -n 19 python benchmarks/task_streams.py      about ten minutes of one core
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from _lines import append, whole_lines
from _saving import provenance, save
from _training_figures import SEEDS, compared, verdict
from _training_page import write_page

from hwnas.contracts.task import Examples, Task
from hwnas.spaces.micro_widths import micro_widths
from hwnas.supernet import Supernet
from hwnas.tasks.fashion_mnist14 import fashion_mnist14
from hwnas.training._class_groups import divided_classes
from hwnas.training._curve import StepDone
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.exssnet import exssnet

NAME = "task_streams"
RUNS = Path("runs/task_streams.jsonl")
TASKS, PASSES, EXAMPLES = 5, 500, 2000
ARMS: dict[str, dict[str, Any]] = {
    "exclusive": {"transfer": False},
    "masks alone": {"transfer": False, "masks": 1.0},
    "not exclusive": {"transfer": False, "exclusive": False},
    "exclusive, with transfer": {},
}
CLAIMS = [  # says, arm, against, figure
    ("Weights outside of earlier masks learn more than masks alone", "exclusive", "masks alone", "accuracy"),
    ("Exclusive masks end better than those that overwrite", "exclusive", "not exclusive", "accuracy"),
    ("A mask that begins as a useful one learns more", "exclusive, with transfer", "exclusive", "accuracy"),
    ("Masks that overwrite forget", "not exclusive", "exclusive", "forgotten"),
]


def accuracy(supernet: Supernet, pair: int, classes: list[int], examples: Examples) -> float:
    """Of a pair's largest network, on examples of its classes, which it may answer with alone."""
    rows = np.isin(examples.labels, classes)
    network = supernet.extract(supernet.space.largest, member=pair)
    with torch.no_grad():
        logits = network(torch.from_numpy(examples.inputs[0][rows]))[:, classes]
    return float((np.array(classes)[logits.argmax(dim=1).numpy()] == examples.labels[rows]).mean())


def trained(arm: str, density: float, seed: int, task: Task, report: Examples) -> dict[str, Any]:
    """Accuracy of every pair when it was just learnt, and in the end."""
    space, groups = micro_widths(), divided_classes(report.labels, TASKS)
    method = exssnet(space, tasks=TASKS, density=density, **ARMS[arm])
    supernet, just = Supernet(space, method.sharing, seed=seed), list[float]()

    def look(done: StepDone) -> None:
        if done.step == round((len(just) + 1) * done.of / TASKS):
            just.append(accuracy(supernet, len(just), groups[len(just)], report))

    with TemporaryDirectory() as folder:
        recipe = Recipe(seed=seed, passes=PASSES, batch_size=100, warmup_steps=10)
        Trainer(supernet, task, method, recipe, Path(folder)).run(look)
    ends = [accuracy(supernet, pair, classes, report) for pair, classes in enumerate(groups)]
    return {"arm": arm, "density": density, "seed": seed, "just": just, "ends": ends, "commit": provenance()["commit"]}


def told(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Means of every arm, and verdicts."""
    figures: dict[str, dict[str, dict[int, dict[str, float]]]] = {}
    for row in rows:
        forgotten = float(np.mean(row["just"]) - np.mean(row["ends"]))
        found = {"accuracy": float(np.mean(row["ends"])), "forgotten": forgotten}
        figures.setdefault(str(row["density"]), {}).setdefault(row["arm"], {})[row["seed"]] = found
    verdicts = []
    for density, arms in figures.items():
        for says, arm, against, figure in CLAIMS:
            pairs = [[arms.get(name, {}).get(seed, {}).get(figure) for seed in range(SEEDS)] for name in (arm, against)]
            if None in pairs[0] + pairs[1]:
                continue
            mean, interval = compared(*pairs)  # type: ignore[arg-type]
            said = {"says": says, "density": float(density), "arm": arm, "against": against, "figure": figure}
            verdicts.append({**said, "mean": mean, "interval": interval, "verdict": verdict(interval)})
    return {"passes": PASSES, "tasks": TASKS, "examples": EXAMPLES, "verdicts": verdicts, "figures": figures}


def main() -> None:
    """Train what is missing."""
    torch.set_num_threads(1)
    task = fashion_mnist14()
    report = task.examples("report").take(slice(0, EXAMPLES))
    for density in (0.1, 0.02):
        for arm in ARMS:
            done = {(row["arm"], row["density"], row["seed"]) for row in map(json.loads, whole_lines(RUNS))}
            for seed in range(SEEDS):
                if (arm, density, seed) not in done:
                    append(RUNS, trained(arm, density, seed, task, report))
        save(NAME, __doc__ or "", told([json.loads(line) for line in whole_lines(RUNS)]))
        write_page()


if __name__ == "__main__":
    main()
