"""Claim: 200,000 images in a folder stream through training and judging in half a gigabyte beside the libraries.

JPEGs of 64 pixels, ten classes, are written to a temporary folder; as float32 they would take 9.8 GB. `hwnas.task`
opens the folder and cuts two splits from it, a small supernet learns for one epoch of what is left, and its largest
sub-network is judged on the search split. The peak of the process's resident memory is compared with what it held
before the folder was opened, when the libraries had run once on a few images in memory.

Run:  python benchmarks/streaming.py [--images 200000]
"""

import argparse
import resource
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from _saving import save
from PIL import Image
from torch import nn

import hwnas
from hwnas.archive import Archive
from hwnas.contracts.architecture import Architecture
from hwnas.evaluation.evaluator import Evaluator
from hwnas.training._loop import Trainer
from hwnas.training.uniform import uniform

CLASSES, SIZE = 10, 64
MOST_MB = 512
SHAPE = (3, SIZE, SIZE)


def write(folder: Path, images: int) -> None:
    """Blurred noise around a colour of its class, so that there is something to learn."""
    rng = np.random.default_rng(0)
    colours = rng.integers(60, 196, (CLASSES, 3))
    for label in range(CLASSES):
        (folder / f"class{label}").mkdir()
    for i in range(images):
        noise = rng.integers(-60, 60, (8, 8, 3)) + colours[i % CLASSES]
        small = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
        small.resize((SIZE, SIZE)).save(folder / f"class{i % CLASSES}" / f"{i}.jpg", quality=75)


def build(architecture: Architecture) -> nn.Module:
    """Small, so that it is the reading that is seen."""
    width = int(architecture["width"])
    return nn.Sequential(
        nn.Conv2d(3, width, 4, 4), nn.BatchNorm2d(width), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(width, CLASSES),
    )  # fmt: skip


def used(task: hwnas.Task, folder: Path) -> dict[str, float]:
    """Seconds of an epoch and of judging one sub-network, and its figure."""
    supernet = hwnas.Supernet.from_builder(build, [hwnas.Choice("width", (8, 16))], task.inputs)
    began = time.perf_counter()
    Trainer(supernet, task, uniform(supernet.space), hwnas.Recipe(epochs=1, batch_size=256), folder).run()
    trained = time.perf_counter()
    evaluator = Evaluator(supernet, task, Archive(folder / "judged.db"))
    accuracy = next(iter(evaluator.figures([supernet.space.largest])))
    return {
        "training_seconds": trained - began,
        "judging_seconds": time.perf_counter() - trained,
        "accuracy": accuracy,
    }


def peak_mb() -> float:
    """Of this process since it began."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Write, warm up, open, train, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=200_000)
    options = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)
    few = np.zeros((1024, *SHAPE), np.float32), np.arange(1024) % CLASSES
    with tempfile.TemporaryDirectory() as place:
        used(hwnas.task(few, search=(few[0][:64] + 1, few[1][:64]), report=(few[0][:64] + 2, few[1][:64])), Path(place))
        del few
        photos = Path(place) / "photos"
        photos.mkdir()
        write(photos, options.images)
        before, began = peak_mb(), time.perf_counter()
        task = hwnas.task(photos, inputs=[hwnas.InputSpec("images", SHAPE)], in_memory=False)
        opened = time.perf_counter() - began
        found = used(task, Path(place) / "run")
        sizes = {split: len(task.examples(split)) for split in ("train", "search")}
    figures = {
        "images": options.images,
        "as_float32_mb": options.images * 4 * float(np.prod(SHAPE)) / 2**20,
        "before_mb": before,
        "added_mb": peak_mb() - before,
        "target_added_mb": MOST_MB,
        "opening_seconds": opened,
        "training_images_per_second": sizes["train"] / found["training_seconds"],
        "judging_images_per_second": sizes["search"] / found["judging_seconds"],
        **found,
    }
    save("streaming", __doc__ or "", figures)


if __name__ == "__main__":
    main()
