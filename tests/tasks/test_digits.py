"""The digits are dealt out once for all: every split has its size and each class in its due share."""

from pathlib import Path

import numpy as np

from hwnas.tasks._idx import read_idx
from hwnas.tasks.digits import SIZES, cut_splits, digits


def test_every_split_has_its_size_and_its_share_of_every_class() -> None:
    for split, size in SIZES.items():
        examples = digits().examples(split)
        assert examples.inputs[0].shape == (size, 1, 8, 8)
        assert np.bincount(examples.labels, minlength=10).min() > 0.08 * size


def test_pixels_are_normalised_by_the_mean_and_deviation_of_the_training_pictures() -> None:
    x = digits().examples("train").inputs[0]
    assert abs(float(x.mean())) < 1e-3
    assert abs(float(x.std()) - 1) < 1e-3


def test_what_was_cut_can_be_read_and_holds_every_picture_once(tmp_path: Path) -> None:
    n = sum(SIZES.values())
    images = np.stack([np.arange(n) // 256, np.arange(n) % 256], axis=1).astype(np.uint8)[:, None, :]
    labels = (np.arange(n) % 10).astype(np.uint8)
    for name, content in cut_splits(images, labels).items():
        (tmp_path / name).write_bytes(content)
    numbers = []
    for split, size in SIZES.items():
        pictures = read_idx(tmp_path, f"{split}-images-idx3-ubyte", 3).astype(int)
        assert len(pictures) == size
        number = 256 * pictures[:, 0, 0] + pictures[:, 0, 1]
        assert (read_idx(tmp_path, f"{split}-labels-idx1-ubyte", 1) == number % 10).all()
        counts = np.bincount(number % 10)
        assert counts.max() - counts.min() <= 2
        numbers += number.tolist()
    assert sorted(numbers) == list(range(n))
