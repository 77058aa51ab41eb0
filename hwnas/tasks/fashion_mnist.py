"""Fashion-MNIST (Xiao et al., 2017): 28x28 grey pictures of clothes, ten classes.

Of the 60,000 training images 5,000 are set apart for search, the same ones always and 500 of each class; the 10,000
test images are for reporting only. The data is that of Debian's ``dataset-fashion-mnist``, or four IDX files in a
folder the user names.
"""

import os
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import Examples, Split, Task
from hwnas.contracts.words import one_of
from hwnas.tasks._idx import read_idx
from hwnas.tasks._images import normalised

FOLDER_VARIABLE = "HWNAS_FASHION_MNIST"
_DEBIAN = Path("/usr/share/datasets/fashion-mnist")
_PER_CLASS = 500
_MEAN, _STD = 0.2860, 0.3530  # of the training pixels, by `numpy.mean` and `numpy.std` over them
_SHIFT = 2


class FashionMnist(Task):
    """The task over a folder of IDX files.

    Args:
        folder: where ``train-*`` and ``t10k-*`` are; None: the folder in ``HWNAS_FASHION_MNIST``, else Debian's.
    """

    name = "fashion_mnist"
    classes = 10
    inputs = (InputSpec("images", (1, 28, 28)),)
    preprocessing = Preprocessing(scale=1 / 255, mean=_MEAN, std=_STD)

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = Path(folder or os.environ.get(FOLDER_VARIABLE) or _DEBIAN)
        if not self.folder.is_dir():
            raise InputError(
                f"No folder {self.folder} with Fashion-MNIST: install Debian's dataset-fashion-mnist, or name the "
                f"folder of its four IDX files in {FOLDER_VARIABLE}."
            )
        self.provenance = {"data": "Fashion-MNIST (MIT licence)"}

    def raw(self, split: Split) -> tuple[np.ndarray, np.ndarray]:
        """Pixels ``(n, 28, 28)`` and labels ``(n,)`` of a split, both uint8."""
        one_of("the split of a task", split, get_args(Split))
        images, labels = _read(self.folder, "t10k" if split == "report" else "train")
        if split == "report":
            return images, labels
        rows = _search_rows(labels)
        if split == "search":
            return images[rows], labels[rows]
        remaining = np.setdiff1d(np.arange(len(labels)), rows)
        return images[remaining], labels[remaining]

    def examples(self, split: Split) -> Examples:
        """Normalised ``(n, 1, 28, 28)`` images and their labels."""
        return normalised(*self.raw(split), self.preprocessing)

    def augment(self, inputs: tuple[Tensor, ...], seed: int) -> tuple[Tensor, ...]:
        """Shift by up to two pixels each way, and mirror half of the images."""
        (x,) = inputs
        n, size = len(x), x.shape[-1]
        generator = torch.Generator().manual_seed(seed)
        background = (0 - _MEAN) / _STD
        padded = torch.nn.functional.pad(x, (_SHIFT,) * 4, value=background)
        top, left = torch.randint(0, 2 * _SHIFT + 1, (2, n, 1), generator=generator)
        mirrored = torch.rand(n, 1, generator=generator) < 0.5
        along = torch.arange(size)
        rows, columns = top + along, left + torch.where(mirrored, along.flip(0), along)
        picked = padded[torch.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]]
        return (picked.permute(0, 3, 1, 2),)


@cache
def _read(folder: Path, prefix: str) -> tuple[np.ndarray, np.ndarray]:
    images = read_idx(folder, f"{prefix}-images-idx3-ubyte", 3)
    labels = read_idx(folder, f"{prefix}-labels-idx1-ubyte", 1)
    if images.shape[1:] != (28, 28) or len(images) != len(labels) or not len(labels) or labels.max() > 9:
        raise InputError(
            f"{folder} should hold 28x28 images with one label of 0 to 9 each, got images {images.shape} and labels "
            f"{labels.shape} up to {labels.max(initial=0)} in {prefix}-*; name the folder of Fashion-MNIST."
        )
    return images, labels


def _search_rows(labels: np.ndarray) -> np.ndarray:
    """Rows set apart for search: 500 of each class, drawn once and for all."""
    rng = np.random.default_rng(2017)
    rows = []
    for label in range(10):
        of_class = np.flatnonzero(labels == label)
        rows.append(rng.choice(of_class, min(_PER_CLASS, len(of_class) // 2), replace=False))
    return np.sort(np.concatenate(rows))


def fashion_mnist(folder: str | Path | None = None) -> FashionMnist:
    """The task, as it is found by name."""
    return FashionMnist(folder)
