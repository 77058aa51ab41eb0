"""Fashion-MNIST at half the resolution: 10,000 of its training images and all others as 14x14 means of 2x2 pixels.

Networks learn it in seconds, so that hundreds of them can be trained alone; see `benchmarks/make_alone.py`. The
images for search and for reporting are those of `fashion_mnist`.
"""

from pathlib import Path

import numpy as np

from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import Examples, Split, Task
from hwnas.tasks._images import normalised
from hwnas.tasks.fashion_mnist import FashionMnist

TRAINING_IMAGES = 10_000
_MEAN, _STD = 0.2861, 0.3302  # of the training pixels, by `numpy.mean` and `numpy.std` over them


class FashionMnist14(Task):
    """The task over a folder of IDX files.

    Args:
        folder: see `hwnas.tasks.fashion_mnist.FashionMnist`.
    """

    name = "fashion_mnist14"
    classes = FashionMnist.classes
    inputs = (InputSpec("images", (1, 14, 14)),)
    preprocessing = Preprocessing(scale=1 / 255, mean=_MEAN, std=_STD)

    def __init__(self, folder: str | Path | None = None) -> None:
        self._whole = FashionMnist(folder)
        self.provenance = {**self._whole.provenance, "training images": str(TRAINING_IMAGES)}

    def examples(self, split: Split) -> Examples:
        """Normalised ``(n, 1, 14, 14)`` images and their labels."""
        images, labels = self._whole.raw(split)
        if split == "train":
            rows = np.random.default_rng(14).permutation(len(labels))[:TRAINING_IMAGES]
            images, labels = images[rows], labels[rows]
        return normalised(halved(images), labels, self.preprocessing)


def halved(images: np.ndarray) -> np.ndarray:
    """Pixels ``(n, h, w)`` of uint8 as the rounded means of 2x2, ``(n, h / 2, w / 2)``; h and w are even."""
    n, height, width = images.shape
    parts = images.reshape(n, height // 2, 2, width // 2, 2)
    means: np.ndarray = np.rint(parts.mean(axis=(2, 4))).astype(np.uint8)
    return means


def fashion_mnist14(folder: str | Path | None = None) -> FashionMnist14:
    """The task, as it is found by name."""
    return FashionMnist14(folder)
