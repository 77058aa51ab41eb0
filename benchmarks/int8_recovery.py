"""Not a claim: what of the accuracy that INT8 costs is recovered by other biases, by equal channels, and by training.

Three networks for Fashion-MNIST with every layer in INT8: a plain one of eight convolutions with ReLU, one of depthwise
and pointwise convolutions with ReLU, both trained here, and the middle one of the shipped supernet (hard-swish). Beside
`bias`, `equalize` and `qat` stand the network in float32, plain INT8, the same with weights of 8 bits in place of 7,
and, for what training alone brings, the network fine-tuned as long in float32 and then put into INT8. Accuracies are
of the very files on the 10,000 test images, which nothing else looks at, on the processor that runs this; each comes
with its difference to plain INT8 and the standard error of that, by image.

Run:  python benchmarks/int8_recovery.py FOLDER [--images 4000]
What is done is kept in FOLDER; the next call goes on from there. Fashion-MNIST is Debian's, or in HWNAS_FASHION_MNIST.
"""

import argparse
import json
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from _saving import save
from bits_speedup import _pair, plain, trained
from torch import nn

import hwnas
from hwnas.archive import Archive
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.task import Task
from hwnas.evaluation.calibration import drawn
from hwnas.evaluation.evaluator import Evaluator
from hwnas.evaluation.scores import scores_of_file
from hwnas.export import _int8_arrays
from hwnas.export.writer import write_onnx
from hwnas.pipeline.delivery.healing import Healer
from hwnas.pipeline.run_folder import Run
from hwnas.tasks.fashion_mnist import fashion_mnist

ORIGINAL = hwnas.Recipe(epochs=4, batch_size=64, learning_rate=0.1)
TUNING = hwnas.Recipe(epochs=1, batch_size=64, learning_rate=0.01)
FLOAT, PLAIN, EIGHT, TUNED = "float32", "INT8", "INT8, weights of 8 bits", "fine-tuned, then INT8"
WAYS = (FLOAT, PLAIN, EIGHT, "bias", "equalize", TUNED, "qat")


def depthwise() -> nn.Module:
    """Six pairs of a depthwise and a pointwise convolution, each with batch-norm and ReLU, untrained."""
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Conv2d(1, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU()]
    below = 32
    for width, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (128, 1), (192, 2)):
        layers += [nn.Conv2d(below, below, 3, stride, 1, groups=below, bias=False), nn.BatchNorm2d(below), nn.ReLU()]
        layers += [nn.Conv2d(below, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        below = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(below, 10))


def networks(task: Task, folder: Path) -> dict[str, tuple[hwnas.Supernet, Architecture]]:
    """A supernet each, and which of its sub-networks is meant."""
    found = {}
    for name, untrained in (("plain convolutions", plain()), ("depthwise convolutions", depthwise())):
        own = folder / name.replace(" ", "_")
        own.mkdir(parents=True, exist_ok=True)
        network = trained(task, own, ORIGINAL, untrained)
        supernet = hwnas.elastic(network, torch.from_numpy(task.examples("train").take(slice(0, 2)).inputs[0]))
        found[name] = (supernet, supernet.space.largest)
    shipped = hwnas.load_supernet("fashion_mnist")
    return {**found, "`mobilenetv3_grey28`, middle": (shipped, shipped.space.middle)}


def right(way: str, supernet: hwnas.Supernet, architecture: Architecture, task: Task, folder: Path) -> np.ndarray:
    """Whether each test image is told rightly, one way."""
    kept = folder / f"{way}.json"
    if not kept.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        recover = way if way in ("bias", "equalize", "qat") else "none"
        whole = supernet if way == FLOAT else supernet.with_bits("all", recover=recover)
        asked = whole.space.architecture(architecture)
        evaluator = Evaluator(whole, task, Archive(folder / f"{way}.db"))
        if way in (TUNED, "qat"):
            healer = Healer(Run(folder / way), whole, task, TUNING, lambda *_: None)
            evaluator = healer.evaluators([asked])[asked.key]
        network = evaluator.lowered(asked, evaluator.network(asked))
        with patch.object(_int8_arrays, "MOST_INT8", 127 if way == EIGHT else _int8_arrays.MOST_INT8):
            file = write_onnx(network, whole.space.inputs, folder / f"{way}.onnx")
        kept.write_text(json.dumps(scores_of_file(task, file, task.examples("report")).astype(int).tolist()))
        print(f"{folder.name}: {way}", flush=True)
    return np.array(json.loads(kept.read_text()), dtype=np.float64)


def main() -> None:
    """Make what is missing, judge, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=4000)
    options = parser.parse_args()
    data = fashion_mnist()
    train = drawn(data.examples("train"), options.images)
    task = hwnas.task(
        (train.inputs[0], train.labels), search=_pair(data, "search", 2000), report=_pair(data, "report", 10_000)
    )
    told = {}
    for i, (name, (supernet, architecture)) in enumerate(networks(task, options.folder).items()):
        answers = {way: right(way, supernet, architecture, task, options.folder / f"{i}") for way in WAYS}
        differ = {way: rows - answers[PLAIN] for way, rows in answers.items()}
        told[name] = {
            way: {
                "accuracy": round(float(rows.mean()), 4),
                "more_than_int8": round(float(differ[way].mean()), 4),
                "standard_error": round(float(differ[way].std() / np.sqrt(len(rows))), 5),
            }
            for way, rows in answers.items()
        }
    save("int8_recovery", __doc__ or "", {"images": options.images, "networks": told})


if __name__ == "__main__":
    main()
