"""Claim: at twice the speed, what hwnas makes of a trained network is at most 0.5 points worse, and better than pruned.

A network of one's own is trained on Fashion-MNIST, and made twice as fast on one thread in several ways. Each model
that is handed out was fine-tuned for equally many epochs by the same recipe, on the labels and on the original's
outputs:

* `hwnas`: ``hwnas.shrink(network, task, device, speedup=2)``, which chooses among five that were fine-tuned.
* `l2`, `taylor`: Torch-Pruning 1.6.1 by size of weights, or by what removal does to the loss: one ratio for all
  channels, found by bisection so that the exported file is just twice as fast.
* `int8`: ONNX Runtime's static quantization of the original, which is not fine-tuned.

All files are written by the same writer and timed in the same interleaved rounds; accuracies are of the 10,000 test
images, which nothing else looks at. What is done is kept in FOLDER, and the next call goes on from there; minutes are
those of the call that ended a way, without earlier ones. Fashion-MNIST is that of Debian, or in HWNAS_FASHION_MNIST;
Torch-Pruning is installed into FOLDER.

Run:  python benchmarks/shrink_peers.py FOLDER [--ways hwnas,l2,taylor,int8] [--images 12000] [--epochs 2]
"""

import argparse
import copy
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from _own_cnn import own_cnn
from _saving import save
from safetensors.torch import load_file, save_file
from torch import nn

import hwnas
from hwnas.contracts.files import write_atomic
from hwnas.contracts.task import Task
from hwnas.evaluation.interval import interval_of
from hwnas.evaluation.scores import scores_of_file
from hwnas.export.quantised import quantise
from hwnas.export.writer import write_onnx
from hwnas.tasks.fashion_mnist import fashion_mnist
from hwnas.training._healing import healing
from hwnas.training._loop import Trainer

DEVICE, SPEEDUP, PEER = "cpu:threads=1", 2.0, "torch-pruning==1.6.1"
ORIGINAL_EPOCHS = 12
BUSY = 20  # times that a timing is tried


@dataclass(frozen=True)
class Setting:
    """What all ways share."""

    folder: Path
    task: Task
    network: nn.Module
    recipe: hwnas.Recipe

    def file(self, network: nn.Module, name: str) -> Path:
        """Written as hwnas writes its own."""
        return write_onnx(network.eval(), self.task.inputs, self.folder / f"{name}.onnx")

    def times(self, path: Path) -> float:
        """How many times as fast as the original a file is now; asked again where the machine was too busy to tell."""
        for _ in range(BUSY):
            with suppress(hwnas.DeviceError):
                first, second = hwnas.measure([self.folder / "original.onnx", path], DEVICE).models
                return first.latency_ms / second.latency_ms
        raise hwnas.DeviceError(f"The machine was too busy for {path} {BUSY} times; stop other work.")

    def tuned(self, network: nn.Module, name: str, recipe: hwnas.Recipe, teacher: nn.Module | None) -> nn.Module:
        """Trained by the loop that also heals sub-networks."""
        choice = hwnas.Choice("only", (0, 1))
        supernet = hwnas.Supernet.from_builder(lambda _: copy.deepcopy(network).train(), [choice], self.task.inputs)
        method = healing(supernet.space, supernet.space.largest, teacher)
        Trainer(supernet, self.task, method, recipe, self.folder / name).run(
            lambda done: print(f"\r{name}: step {done.step} of {done.of}", end="", file=sys.stderr)
        )
        return supernet.extract(supernet.space.largest)


def by_hwnas(setting: Setting) -> Path:
    """The way that is claimed to be good."""
    return hwnas.shrink(
        setting.network, setting.task, DEVICE,
        folder=setting.folder / "hwnas", speedup=SPEEDUP, recipe=setting.recipe,
    ).onnx  # fmt: skip


def by_pruning(setting: Setting, importance: str) -> Path:
    """One ratio for all channels, as fast as asked for, then fine-tuned."""
    low, high, best = 0.0, 0.9, None
    for _ in range(6):
        ratio = (low + high) / 2
        network = pruned(setting, importance, ratio)
        path = setting.file(network, f"{importance}_untuned")
        if setting.times(path) >= SPEEDUP:
            high, best = ratio, network
        else:
            low = ratio
    assert best is not None
    teacher = copy.deepcopy(setting.network).requires_grad_(requires_grad=False)
    return setting.file(setting.tuned(best, importance, setting.recipe, teacher), importance)


def pruned(setting: Setting, importance: str, ratio: float) -> nn.Module:
    """By Torch-Pruning, as its README shows."""
    import torch_pruning as tp

    network = copy.deepcopy(setting.network)
    train = setting.task.examples("train")
    example = torch.from_numpy(train.inputs[0][:1])
    kinds = {"l2": tp.importance.GroupMagnitudeImportance(p=2), "taylor": tp.importance.GroupTaylorImportance()}
    pruner = tp.pruner.BasePruner(
        network, example, importance=kinds[importance], pruning_ratio=ratio, ignored_layers=[network.head],
        round_to=4,
    )  # fmt: skip
    if importance == "taylor":
        few = train.take(np.random.default_rng(0).permutation(len(train))[:512])
        loss = nn.functional.cross_entropy(network(torch.from_numpy(few.inputs[0])), torch.from_numpy(few.labels))
        loss.backward()
    pruner.step()
    network.zero_grad()
    return network


def by_int8(setting: Setting) -> Path:
    """The original with eight bits, as `hwnas export --bundle` makes it."""
    path, train = setting.folder / "int8.onnx", setting.task.examples("train")
    quantise(setting.folder / "original.onnx", path, train.take(slice(0, 500)).inputs)
    return path


WAYS: dict[str, Callable[[Setting], Path]] = {
    "hwnas": by_hwnas,
    "l2": lambda setting: by_pruning(setting, "l2"),
    "taylor": lambda setting: by_pruning(setting, "taylor"),
    "int8": by_int8,
}


def trained(setting: Setting) -> nn.Module:
    """The original: trained once, kept."""
    kept = setting.folder / "original.safetensors"
    if not kept.is_file():
        recipe = hwnas.Recipe(epochs=ORIGINAL_EPOCHS, batch_size=64, learning_rate=0.1)
        network = setting.tuned(setting.network, "training", recipe, None)
        save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, kept)
    setting.network.load_state_dict(load_file(kept))
    return setting.network.eval()


def opened(folder: Path, images: int, epochs: float) -> Setting:
    """With the trained original, written."""
    whole = fashion_mnist()
    train, search, report = (whole.examples(split) for split in ("train", "search", "report"))
    few = train.take(np.random.default_rng(0).permutation(len(train))[:images])
    task = hwnas.task(
        *((x.inputs[0], x.labels) for x in (few,)),
        search=(search.inputs[0], search.labels), report=(report.inputs[0], report.labels), name="fashion",
    )  # fmt: skip
    recipe = hwnas.Recipe(epochs=epochs, batch_size=64, learning_rate=0.1, weight_decay=1e-4)
    setting = Setting(folder, task, own_cnn(), recipe)
    trained(setting)
    setting.file(setting.network, "original")
    return setting


def peer(folder: Path) -> None:
    """Torch-Pruning, in a folder of its own."""
    place = folder / "peers"
    if not (place / "torch_pruning").is_dir():
        words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(place), PEER]
        subprocess.run(words, check=True)
    sys.path.append(str(place))


def main() -> None:
    """What is missing of the ways, then one session of timing, and the accuracies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--images", type=int, default=12_000)
    parser.add_argument("--epochs", type=float, default=2)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    options.folder.mkdir(parents=True, exist_ok=True)
    peer(options.folder)
    setting, files, minutes = opened(options.folder, options.images, options.epochs), {}, {}
    for name in options.ways.split(","):
        kept = setting.folder / f"{name}.json"
        if not kept.is_file():
            began = time.monotonic()
            path = WAYS[name](setting)
            spent = (time.monotonic() - began) / 60
            write_atomic(kept, json.dumps({"file": str(path), "minutes": round(spent, 2)}))
            print(f"{name}: {path}, {spent:.1f} min", flush=True)
        said = json.loads(kept.read_text())
        files[name], minutes[name] = Path(said["file"]), said["minutes"]
    files = {"original": setting.folder / "original.onnx", **files}
    timed = hwnas.measure(files.values(), DEVICE, preset="thorough")
    report, rows = setting.task.examples("report"), {}
    for (name, path), found in zip(files.items(), timed.models, strict=True):
        scores = scores_of_file(setting.task, path, report)
        rows[name] = {
            "accuracy": round(float(scores.mean()), 4),
            "accuracy_interval": [round(bound, 4) for bound in interval_of(scores)],
            "latency_ms": round(found.latency_ms, 4),
            "speedup": round(1 / found.times, 3),
            "speedup_interval": [round(1 / bound, 3) for bound in reversed(found.times_interval)],
            "kilobytes": round(found.size_bytes / 1000, 1),
            "minutes_of_last_call": minutes.get(name),
        }
    save("shrink_peers", __doc__ or "", {"ways": rows, "images": options.images, "epochs": options.epochs,
                                         "verdict": timed.verdict, "speedup": SPEEDUP})  # fmt: skip


if __name__ == "__main__":
    main()
