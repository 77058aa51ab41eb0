"""Claim: a trained network, shrunk and put into INT8 at once, is four times as fast and at most 0.5 points worse.

A plain network of convolutions, batch-norm and ReLU is trained on Fashion-MNIST, and made four times as fast on one
thread by ``hwnas.shrink``, which fine-tunes each of some finalists equally long: with the bits of each block a choice,
and in float32. Beside them the network itself in INT8. All files are timed in the same
interleaved rounds in the end; accuracies are of the 10,000 test images, which nothing else looks at.

Run:  python benchmarks/bits_speedup.py FOLDER [--ways joint,float32] [--images 12000] [--epochs 3]
What is done is kept in FOLDER; the next call goes on from there. Fashion-MNIST is Debian's, or in HWNAS_FASHION_MNIST.
"""

import argparse
import copy
import sys
from pathlib import Path

import torch
from _saving import save
from safetensors.torch import load_file, save_file
from torch import nn

import hwnas
from hwnas.contracts.task import Task
from hwnas.evaluation.calibration import drawn
from hwnas.evaluation.figure import figure_of, interval_of_figure
from hwnas.evaluation.scores import scores_of_file
from hwnas.export.writer import write_onnx
from hwnas.profiling.presets import find_preset
from hwnas.profiling.stopwatch import time_models
from hwnas.spaces._int8_layers import quantisable
from hwnas.spaces._mixed import MixedPrecision
from hwnas.tasks.fashion_mnist import fashion_mnist
from hwnas.training._healing import healing
from hwnas.training._loop import Trainer

DEVICE, SPEEDUP, ORIGINAL_EPOCHS = "cpu:threads=1", 4.0, 4
BITS = {"joint": "block", "float32": None}


def plain() -> nn.Module:
    """Eight convolutions, each with batch-norm and ReLU, untrained."""
    torch.manual_seed(0)
    layers, below = list[nn.Module](), 1
    for width, stride in ((24, 1), (24, 1), (48, 2), (48, 1), (96, 2), (96, 1), (96, 2), (96, 1)):
        layers += [nn.Conv2d(below, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        below = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(below, 10))


def trained(task: Task, folder: Path, recipe: hwnas.Recipe, network: nn.Module) -> nn.Module:
    """A network for images of ten classes, trained once."""
    path = folder / "original.safetensors"
    if not path.is_file():
        choice = hwnas.Choice("only", (0, 1))
        supernet = hwnas.Supernet.from_builder(lambda _: copy.deepcopy(network).train(), [choice], task.inputs)
        method = healing(supernet.space, supernet.space.largest, None)
        Trainer(supernet, task, method, recipe, folder / "original").run(
            lambda done: print(f"\roriginal: step {done.step} of {done.of}", end="", file=sys.stderr)
        )
        state = supernet.extract(supernet.space.largest).state_dict()
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    network.load_state_dict(load_file(path))
    return network.eval()


def main() -> None:
    """Make what is missing, time all, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ways", default=",".join(BITS))
    parser.add_argument("--images", type=int, default=12_000)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    whole = fashion_mnist()
    train = drawn(whole.examples("train"), options.images)
    task = hwnas.task(
        (train.inputs[0], train.labels), search=_pair(whole, "search", 2000), report=_pair(whole, "report", 10_000)
    )
    recipe = hwnas.Recipe(epochs=ORIGINAL_EPOCHS, batch_size=64, learning_rate=0.1)
    network = trained(task, options.folder, recipe, plain())
    files = {
        "original": write_onnx(network, task.inputs, options.folder / "original.onnx"),
        "original_in_int8": write_onnx(
            MixedPrecision(network, tuple(n for n, _ in quantisable(network)), drawn(train, 128).inputs, "minmax"),
            task.inputs, options.folder / "original_int8.onnx",
        ),
    }  # fmt: skip
    layers = {}
    for way in options.ways.split(","):
        made = hwnas.shrink(
            network, task, DEVICE, folder=options.folder / way, speedup=SPEEDUP, preset="rapid", best=3,
            evaluations=24, recipe=hwnas.Recipe(epochs=options.epochs, batch_size=64, learning_rate=0.05),
            importance="l2", bits=BITS[way], force=True,
        )  # fmt: skip
        files[way] = made.onnx
        layers[way] = dict(made.manifest.bits.layers) if made.manifest.bits else {}
        print(f"{way}: {made.front.beside_original(made.member)}", flush=True)
    profile = time_models(hwnas.open_device(DEVICE), [*files.values()], files["original"], find_preset("normal"))
    if profile.verdict.state == "unusable":
        raise hwnas.DeviceError("The machine is too busy to time the files; call again, and it goes on from here.")
    first_ms, report, figures = profile.latencies[0].latency_ms, task.examples("report"), {}
    for (way, path), latency in zip(files.items(), profile.latencies, strict=True):
        scores = scores_of_file(task, path, report)
        figures[way] = {
            "times_as_fast": round(first_ms / latency.latency_ms, 3),
            "latency_ms": round(latency.latency_ms, 4),
            "accuracy": figure_of(task, scores),
            "accuracy_interval": interval_of_figure(task, scores),
            "bytes": path.stat().st_size,
            "bits": layers.get(way, {}),
        }
    save(
        "bits_speedup", __doc__ or "",
        {"images": options.images, "epochs": options.epochs, "timing": profile.verdict.state, "ways": figures},
    )  # fmt: skip


def _pair(task: Task, split: str, most: int) -> tuple[object, object]:
    examples = drawn(task.examples(split), most)  # type: ignore[arg-type]
    return examples.inputs[0], examples.labels


if __name__ == "__main__":
    main()
