"""Not a claim: what a publication says of a joint loss that falls, tested while a small diffusion U-Net gets smaller.

A U-Net of `micro_unet` is trained on `noisy_digits`; then `diffnas` chooses the smallest good candidate of each block
and retrains them together, with the blocks' losses beside the task's: falling, constant, or none. All arms of a seed
make the same steps, begin as the same network, and choose the same one, of about half the multiply-adds. The error is
that of the noise that is told on unseen digits. Five paired seeds, verdicts as in `training_methods.py`. Killed at any
moment, the same command continues.

Run:  nice -n 19 python benchmarks/smaller_unet.py      about eight minutes of one core
"""

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from _lines import append, whole_lines
from _saving import provenance, save
from _training_figures import SEEDS, compared, verdict
from _training_page import write_page
from torch import Tensor

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.training import Method
from hwnas.evaluation.scores import scores_of_network
from hwnas.pipeline.initial_weights import begin_as
from hwnas.spaces.micro_unet import micro_unet
from hwnas.supernet import Supernet
from hwnas.tasks.noisy_digits import noisy_digits
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.diffnas import diffnas
from hwnas.training.fixed import fixed

NAME = "smaller_unet"
RUNS = Path("runs/smaller_unet.jsonl")
SPACE, TASK = micro_unet(), noisy_digits()
ORIGINAL, EPOCHS = 3, 4
BATCH, TOLERANCE = 64, 0.005
RECIPE = {"batch_size": BATCH, "optimizer": "adamw", "learning_rate": 0.005, "warmup_steps": 20}
ARMS: dict[str, dict[str, Any]] = {"falling": {}, "constant": {"fall": "constant"}, "none": {"joint": 0.0}}
CLAIMS = [  # says, arm, against; of the error, which is to be less
    ("A joint loss that falls ends better than none", "falling", "none"),
    ("A joint loss that falls ends better than one that stays", "falling", "constant"),
    ("A joint loss that stays ends better than none", "constant", "none"),
]


def through(supernet: Supernet, method: Method, seed: int, epochs: int) -> None:
    """Train for so many epochs."""
    with TemporaryDirectory() as folder:
        Trainer(supernet, TASK, method, Recipe(seed=seed, epochs=epochs, **RECIPE), Path(folder)).run()  # type: ignore[arg-type]


def error(supernet: Supernet, architecture: Architecture) -> float:
    """Mean squared error of a sub-network on unseen digits."""
    network = supernet.extract(architecture)
    return float(scores_of_network(TASK, network, SPACE.inputs, TASK.examples("report")).mean())


def share(architecture: Architecture) -> float:
    """Of the largest network's multiply-adds."""
    assert SPACE.costs is not None
    own, whole = SPACE.costs(SPACE.encode_many([architecture, SPACE.largest]))["macs"]
    return float(own / whole)


@cache
def original(seed: int) -> tuple[dict[str, Tensor], float]:
    """The tensors of the trained largest network, and its error."""
    supernet = Supernet(SPACE, seed=seed)
    through(supernet, fixed(SPACE), seed, ORIGINAL)
    return supernet.extract(SPACE.largest).state_dict(), error(supernet, SPACE.largest)


def trained(arm: str, seed: int) -> dict[str, Any]:
    """The error and the size of the network that an arm chose and retrained."""
    weights, before = original(seed)
    method = diffnas(SPACE, tolerance=TOLERANCE, **ARMS[arm])
    supernet = Supernet(SPACE, method.sharing, seed=seed)
    begin_as(supernet, weights)
    through(supernet, method, seed, EPOCHS)
    chosen = SPACE.architecture({name: options[0] for name, options in supernet.record["narrowed_to"].items()})  # type: ignore[attr-defined]
    figures = {"error": error(supernet, chosen), "macs": share(chosen), "original": before}
    return {"arm": arm, "seed": seed, **figures, "chosen": dict(chosen), "commit": provenance()["commit"]}


def told(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Figures of every arm and of the original, and verdicts."""
    figures: dict[str, dict[int, dict[str, Any]]] = {"original": {}}
    for row in rows:
        own = {name: row[name] for name in ("error", "macs", "chosen", "commit")}
        figures.setdefault(row["arm"], {})[row["seed"]] = own
        figures["original"][row["seed"]] = {"error": row["original"], "macs": 1.0}
    verdicts = []
    for says, arm, against in CLAIMS:
        pairs = [[figures.get(name, {}).get(seed, {}).get("error") for seed in range(SEEDS)] for name in (against, arm)]
        if None in pairs[0] + pairs[1]:
            continue
        less, interval = compared(*pairs)  # type: ignore[arg-type]
        said = {"says": says, "arm": arm, "against": against, "mean": less, "interval": interval}
        verdicts.append({**said, "verdict": verdict(interval)})
    per_epoch = len(TASK.examples("train")) // BATCH
    steps = {"original": ORIGINAL * per_epoch, "steps": EPOCHS * per_epoch}
    return {"steps": steps, "recipe": RECIPE, "tolerance": TOLERANCE, "verdicts": verdicts, "figures": figures}


def main() -> None:
    """Train what is missing."""
    torch.set_num_threads(1)
    for seed in range(SEEDS):
        done = {(row["arm"], row["seed"]) for row in map(json.loads, whole_lines(RUNS))}
        for arm in ARMS:
            if (arm, seed) not in done:
                append(RUNS, trained(arm, seed))
    save(NAME, __doc__ or "", told([json.loads(line) for line in whole_lines(RUNS)]))
    write_page()


if __name__ == "__main__":
    main()
