"""The shipped slice: what it holds, and that it is cut the same way every time."""

from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.tasks import fashion_mnist_slice as slices
from hwnas.tasks._idx import read_idx
from hwnas.tasks.fashion_mnist import fashion_mnist
from hwnas.tasks.fashion_mnist_slice import SIZES, cut_slice, fashion_mnist_slice
from tests.tasks.idx_folders import write_idx


def test_every_split_that_ships_has_images_with_labels_of_ten_classes() -> None:
    for split in ("train", "search"):
        examples = fashion_mnist_slice().examples(split)  # type: ignore[arg-type]
        assert examples.inputs[0].shape == (SIZES[split], 1, 28, 28)  # type: ignore[index]
        assert examples.labels.shape == (SIZES[split],)  # type: ignore[index]
        assert set(examples.labels.tolist()) == set(range(10))
    with pytest.raises(InputError, match="split of a task is one of"):
        fashion_mnist_slice().examples("test")  # type: ignore[arg-type]


def test_a_slice_is_drawn_without_repeats_and_the_same_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SIZES", {"train": 20, "search": 30, "report": 40})
    full = fashion_mnist(write_idx(tmp_path / "full"))
    files = cut_slice(full, seed=1)
    assert files == cut_slice(full, seed=1) != cut_slice(full, seed=2)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    for split, size in slices.SIZES.items():
        images = read_idx(tmp_path, f"{split}-images-idx3-ubyte", 3)
        whole, labels = full.raw(split)
        places = [int(np.flatnonzero((whole == image).all(axis=(1, 2)))[0]) for image in images]
        assert len(set(places)) == size
        assert (read_idx(tmp_path, f"{split}-labels-idx1-ubyte", 1) == labels[places]).all()
