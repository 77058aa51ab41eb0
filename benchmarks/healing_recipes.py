"""Claim: healed without more words, a cut network is at most half a point worse than by the best of four recipes.

Trained networks of `shrink_peers` are made elastic and cut to the middle of their space, and this sub-network is
fine-tuned for two epochs as `hwnas.shrink` does it, on the labels and on the original's outputs: by SGD and by AdamW at
several rates, in batches of 32. Told is the accuracy on the report's examples, of the original and of the cut network
before and after. One run each.

Run:  python benchmarks/healing_recipes.py FOLDER [--networks vit,minilm,own_cnn]
What is done is kept in FOLDER, and the next call goes on from there.
"""

import argparse
import json
import warnings
from pathlib import Path

from _elastic_subject import Cut, elastic_subject
from _saving import save

import hwnas
from hwnas.contracts.files import write_atomic
from hwnas.contracts.task import Task
from hwnas.evaluation.scores import scores_of_network
from hwnas.training._healing import healing
from hwnas.training._loop import Trainer
from hwnas.training._usual import TO_HEAL
from hwnas.training._usual_recipe import usual_recipe

RATES_TRIED = {"sgd": (0.03, 0.1), "adamw": (5e-4, 1e-3)}
EPOCHS, BATCH_SIZE, REPORTED = 2.0, 32, 2000


def accuracy(supernet: hwnas.Supernet, architecture: hwnas.Architecture, task: Task) -> float:
    """Of a sub-network with statistics of its own, on the report's examples."""
    space, train = supernet.space, task.examples("train")
    network = space.lower(architecture, hwnas.calibrated(supernet, architecture, train), train.take(slice(0, 2)).inputs)
    scores = scores_of_network(task, network, space.inputs, task.examples("report"))
    return round(float(scores.mean()), 4)


def found_of(folder: Path, name: str) -> tuple[dict[str, float], str]:
    """Accuracies of a network by what was done, and what is done without more words; what is missing is done now."""
    kept = folder / f"{name}.json"
    found: dict[str, float] = json.loads(kept.read_text()) if kept.is_file() else {}
    supernet, whole = elastic_subject(folder / name, name)
    space, task = supernet.space, Cut(whole, {"report": REPORTED})
    teacher = supernet.extract(space.largest)
    usual = usual_recipe(teacher, None, TO_HEAL)
    recipes = {
        f"{optimizer}, {rate:g}": usual_recipe(
            teacher,
            {"epochs": EPOCHS, "batch_size": BATCH_SIZE, "optimizer": optimizer, "learning_rate": rate},
            TO_HEAL,
        )
        for optimizer, rates in RATES_TRIED.items()
        for rate in rates
    }
    for way in ("original", "cut", *recipes):
        if way in found:
            continue
        own = {key: tensor.detach().clone() for key, tensor in supernet.shared.items()}
        tuned = hwnas.Supernet(space, supernet.sharing, own, supernet.buffers, supernet.layout)
        if way in recipes:
            place = folder / f"{name} {way}"
            Trainer(tuned, task, healing(space, space.middle, teacher), recipes[way], place).run()
        found[way] = accuracy(tuned, space.largest if way == "original" else space.middle, task)
        write_atomic(kept, json.dumps(found))
        print(f"{name}, {way}: {found[way]:.2%}", flush=True)
    return found, f"{usual.optimizer}, {usual.learning_rate:g}"


def main() -> None:
    """Heal what is missing, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--networks", default="vit,minilm,own_cnn")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    found = {name: found_of(options.folder, name) for name in options.networks.split(",")}
    save(
        "healing_recipes",
        __doc__ or "",
        {
            "accuracies": {name: accuracies for name, (accuracies, _) in found.items()},
            "without_more_words": {name: usual for name, (_, usual) in found.items()},
            "epochs": EPOCHS,
            "batch_size": BATCH_SIZE,
        },
    )


if __name__ == "__main__":
    main()
