"""Handwritten digits, 8x8 grey pictures: 1,797 of the UCI data set that scikit-learn also carries, shipped with hwnas.

Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998 (CC BY 4.0).
The pictures are cut once and for all into 500 to learn from, 600 to choose by and 697 to report on, with each class
in its due share.
"""

from pathlib import Path
from typing import get_args

import numpy as np

from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.shipped import data_folder
from hwnas.contracts.task import Examples, Split, Task
from hwnas.contracts.words import one_of
from hwnas.tasks._cuts import dealt
from hwnas.tasks._idx import idx_bytes, read_idx
from hwnas.tasks._images import normalised

SIZES: dict[Split, int] = {"train": 500, "search": 600, "report": 697}


class Digits(Task):
    """The task over a folder of IDX files, one pair for each split."""

    name = "digits"
    classes = 10
    inputs = (InputSpec("images", (1, 8, 8)),)
    # Mean and deviation of the training pixels, by `numpy.mean` and `numpy.std` over them.
    preprocessing = Preprocessing(scale=1 / 16, mean=0.3052, std=0.3763)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.provenance = {"data": "UCI Optical Recognition of Handwritten Digits (CC BY 4.0)", "split": str(SIZES)}

    def examples(self, split: Split) -> Examples:
        """Normalised ``(n, 1, 8, 8)`` images and their labels."""
        one_of("the split of a task", split, get_args(Split))
        images = read_idx(self.folder, f"{split}-images-idx3-ubyte", 3)
        labels = read_idx(self.folder, f"{split}-labels-idx1-ubyte", 1)
        return normalised(images, labels, self.preprocessing)


def cut_splits(images: np.ndarray, labels: np.ndarray, seed: int = 0) -> dict[str, bytes]:
    """The files of the three splits by name, from all pixels ``(n, 8, 8)`` of 0 to 16 and labels ``(n,)``."""
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]  # by class, at random within
    splits: tuple[Split, ...] = tuple(SIZES)
    owner = dealt(list(SIZES.values()))
    files = {}
    for i, split in enumerate(splits):
        rows = np.sort(order[owner == i])
        files[f"{split}-images-idx3-ubyte.gz"] = idx_bytes(images[rows])
        files[f"{split}-labels-idx1-ubyte.gz"] = idx_bytes(labels[rows])
    return files


def digits() -> Digits:
    """The task, as it is found by name."""
    return Digits(data_folder() / "micro_bench" / "images")
