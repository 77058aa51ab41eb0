"""The part of Fashion-MNIST that ships with hwnas, so that a first run needs no download.

A slice of each split of `fashion_mnist`, never mixed: training images to measure batch-norm statistics on, search
images to choose by, and all test images to report on. As IDX files, with the data's MIT notice beside them.
"""

import hashlib
from pathlib import Path
from typing import get_args

import numpy as np

from hwnas.contracts.shipped import data_folder
from hwnas.contracts.task import Examples, Split, Task
from hwnas.contracts.words import one_of
from hwnas.tasks._idx import idx_bytes, read_idx
from hwnas.tasks._images import normalised
from hwnas.tasks.fashion_mnist import FashionMnist

SIZES: dict[Split, int] = {"train": 1000, "search": 2000, "report": 10_000}


class FashionMnistSlice(Task):
    """The task over the shipped slice."""

    name = "fashion_mnist_slice"
    classes = FashionMnist.classes
    inputs = FashionMnist.inputs
    preprocessing = FashionMnist.preprocessing

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.provenance = {"data": "Fashion-MNIST (MIT licence)", "slice": str(SIZES)}

    def examples(self, split: Split) -> Examples:
        """Normalised ``(n, 1, 28, 28)`` images and their labels."""
        one_of("the split of a task", split, get_args(Split))
        return normalised(
            read_idx(self.folder, f"{split}-images-idx3-ubyte", 3),
            read_idx(self.folder, f"{split}-labels-idx1-ubyte", 1),
            self.preprocessing,
        )


def cut_slice(full: FashionMnist, seed: int = 0) -> dict[str, bytes]:
    """The files of the slice by name, drawn from the whole data with `seed`."""
    files = {}
    for split, size in SIZES.items():
        images, labels = full.raw(split)
        digest = int(hashlib.sha256(split.encode()).hexdigest()[:8], 16)
        rows = np.sort(np.random.default_rng((seed, digest)).choice(len(labels), size, replace=False))
        files[f"{split}-images-idx3-ubyte.gz"] = idx_bytes(images[rows])
        files[f"{split}-labels-idx1-ubyte.gz"] = idx_bytes(labels[rows])
    return files


def fashion_mnist_slice() -> FashionMnistSlice:
    """The task, as it is found by name."""
    return FashionMnistSlice(data_folder() / "supernets" / "fashion_mnist" / "images")
