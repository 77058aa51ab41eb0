"""Claim: a trained network is better searched at once and its winners tuned than first trained as a supernet.

A CNN of one's own, trained on Fashion-MNIST and to be twice as fast, in three ways that end in one network each, chosen
on search examples and then told of on 10,000 test images:

* `search_first`: its sub-networks searched as they are, the best three healed, the best of these taken.
* `train_first`: trained as a supernet first (sandwich rule, as many steps as one healing), searched, the best taken.
* `train_first_healed`: that, and the best three healed.

Latencies are those of one table for all, so that the ways differ in their networks alone: the table of FOLDER, timed
when it is not there. What is done is kept in FOLDER, and the next call goes on from there; seconds are of processor
time, of the call that ended a way.

Run:  python benchmarks/training_first.py FOLDER [--examples 12000] [--epochs 2]
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from _peer_setting import Setting, trained
from _peer_subjects import SUBJECTS
from _peer_ways import DEVICE
from _saving import save

import hwnas
from hwnas.contracts.files import write_atomic
from hwnas.evaluation.calibration import drawn
from hwnas.pipeline.selection.limits import Limits

TABLE, BEST, EVALUATIONS, SEARCHED, RANKED_ON = "table.json", 3, 40, 2000, 1024


def opened(folder: Path, examples: int, epochs: float) -> Setting:
    """With the trained original; 2,000 examples to search with."""
    subject = SUBJECTS["own_cnn"]
    whole = subject.task(folder, examples)
    train, search, report = (whole.examples(split) for split in ("train", "search", "report"))
    few = search.take(slice(0, SEARCHED))
    task = hwnas.task(
        *((x.inputs[0], x.labels) for x in (train,)),
        search=(few.inputs[0], few.labels), report=(report.inputs[0], report.labels), name="fashion",
    )  # fmt: skip
    setting = Setting(folder, subject, task, subject.network(folder), replace(subject.healing, epochs=epochs))
    trained(setting)
    return setting


def supernet_of(setting: Setting) -> hwnas.Supernet:
    """As `hwnas.shrink` makes it."""
    few = drawn(setting.task.examples("train"), RANKED_ON)
    batch = (torch.from_numpy(few.inputs[0]), torch.from_numpy(few.labels))
    return hwnas.elastic(setting.network, batch[0][:2], importance="activation", batches=[batch])


def study_of(setting: Setting, name: str, supernet: hwnas.Supernet) -> hwnas.Study:
    """Whose latencies are those of the one table."""
    device = f"table:{setting.folder / TABLE}"
    return hwnas.Study(setting.folder / name, supernet, setting.task, device, baseline=setting.network)


def taken(front: hwnas.Front) -> dict[str, object]:
    """The best within the limit, on unseen images."""
    member = front.pick(speedup=Setting.speedup).member
    return {"accuracy": member.score, "accuracy_interval": member.score_interval, "latency_ms": member.latency_ms,
            "evaluations": front.evaluations}  # fmt: skip


def searched(study: hwnas.Study) -> hwnas.Front:
    """For half of the original's latency."""
    return study.search(EVALUATIONS, Limits(speedup=Setting.speedup))


def search_first(setting: Setting) -> dict[str, object]:
    """No supernet is trained."""
    study = study_of(setting, "search_first", supernet_of(setting))
    return taken(study.heal(searched(study), setting.recipe, best=BEST))


def sandwiched(setting: Setting) -> hwnas.Supernet:
    """Trained as a supernet, from the trained network on."""
    folder = setting.folder / "sandwich"
    return hwnas.train(supernet_of(setting), setting.task, folder=folder, method="sandwich", recipe=setting.recipe)


def train_first(setting: Setting) -> dict[str, object]:
    """Its sub-networks are taken as they are."""
    study = study_of(setting, "train_first", sandwiched(setting))
    return taken(searched(study))


def train_first_healed(setting: Setting) -> dict[str, object]:
    """And then they are healed."""
    study = study_of(setting, "train_first", hwnas.load_supernet(setting.folder / "sandwich", model=setting.network))
    return taken(study.heal(searched(study), setting.recipe, best=BEST))


WAYS: tuple[Callable[[Setting], dict[str, object]], ...] = (search_first, train_first, train_first_healed)


def main() -> None:
    """What is missing, then the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--examples", type=int, default=12_000)
    parser.add_argument("--epochs", type=float, default=2)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    options.folder.mkdir(parents=True, exist_ok=True)
    setting = opened(options.folder, options.examples, options.epochs)
    if not (setting.folder / TABLE).is_file():
        timing = hwnas.Study(setting.folder / "timing", supernet_of(setting), setting.task, DEVICE)
        write_atomic(setting.folder / TABLE, timing.profile().model_dump_json())
    rows = {}
    for way in WAYS:
        kept = setting.folder / f"{way.__name__}.json"
        if not kept.is_file():
            began = time.process_time()
            found = way(setting)
            write_atomic(
                kept, json.dumps(found | {"cpu_seconds": round(time.process_time() - began, 1)}, default=float)
            )
            print(f"{way.__name__}: {kept.read_text()}", flush=True)
        rows[way.__name__] = json.loads(kept.read_text())
    save("training_first", __doc__ or "", {"ways": rows, "examples": options.examples, "epochs": options.epochs,
                                           "speedup": Setting.speedup})  # fmt: skip


if __name__ == "__main__":
    main()
