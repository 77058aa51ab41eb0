import gzip
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.errors import InputError
from hwnas.tasks._idx import idx_bytes
from hwnas.tasks.fashion_mnist import FOLDER_VARIABLE, FashionMnist, fashion_mnist
from tests.tasks.idx_folders import write_idx

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
SPLITS = ("train", "search", "report")


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> FashionMnist:
    return fashion_mnist(write_idx(tmp_path_factory.mktemp("idx")))


def rows(task: FashionMnist, split: str) -> set[tuple[int, ...]]:
    images, _ = task.raw(split)  # type: ignore[arg-type]
    return {tuple(pixels) for pixels in images[:, 0, :3].tolist()}


def test_no_image_is_in_two_splits_and_none_is_lost(task: FashionMnist) -> None:
    found = [rows(task, split) for split in SPLITS]
    assert [len(f) for f in found] == [100, 100, 50]
    assert len(set.union(*found)) == 250
    assert all(pixels[2] == 0 for pixels in rows(task, "report")), "report images are the test file's"


def test_search_holds_as_many_of_each_class_and_is_always_the_same(task: FashionMnist, tmp_path: Path) -> None:
    again = fashion_mnist(write_idx(tmp_path))
    images, labels = task.raw("search")
    np.testing.assert_array_equal(images, again.raw("search")[0])
    assert np.bincount(labels).tolist() == [10] * 10


def test_search_takes_500_of_each_class_where_there_are_enough(tmp_path: Path) -> None:
    labels = (np.arange(12_000) % 10).astype(np.uint8)
    write_idx(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(idx_bytes(labels))
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(idx_bytes(np.zeros((12_000, 28, 28), np.uint8)))
    task = fashion_mnist(tmp_path)
    assert np.bincount(task.raw("search")[1]).tolist() == [500] * 10
    assert np.bincount(task.raw("train")[1]).tolist() == [700] * 10


@pytest.mark.parametrize("split", SPLITS)
def test_examples_are_the_raw_pixels_by_the_stated_preprocessing(task: FashionMnist, split: str) -> None:
    images, labels = task.raw(split)  # type: ignore[arg-type]
    examples = task.examples(split)  # type: ignore[arg-type]
    p = task.preprocessing
    (x,) = examples.inputs
    assert x.dtype == np.float32
    assert x.shape == (len(images), *task.inputs[0].shape)
    np.testing.assert_allclose(x[:, 0], (images * p.scale - p.mean) / p.std, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(examples.labels, labels)
    assert examples.labels.dtype == np.int64


@given(st.integers(0, 1000))
def test_augmentation_shifts_by_at_most_two_pixels_and_may_mirror(task: FashionMnist, seed: int) -> None:
    x = torch.from_numpy(task.examples("train").inputs[0][:4])
    (out,) = task.augment((x,), seed)
    assert torch.equal(out, task.augment((x,), seed)[0])
    background = (0 - task.preprocessing.mean) / task.preprocessing.std
    padded = torch.nn.functional.pad(x, (2, 2, 2, 2), value=background)
    for image, all_around in zip(out, padded, strict=True):
        shifted = [all_around[:, i : i + 28, j : j + 28] for i in range(5) for j in range(5)]
        assert any(torch.equal(image, s) or torch.equal(image, s.flip(2)) for s in shifted)


def test_augmentation_reaches_every_shift_and_both_sides(task: FashionMnist) -> None:
    one = torch.zeros(2000, 1, 28, 28)
    one[:, 0, 10, 5] = 1
    (out,) = task.augment((one,), seed=0)
    _, _, row, column = torch.nonzero(out == 1, as_tuple=True)
    mirrored = column > 13
    assert 900 < int(mirrored.sum()) < 1100
    assert set((row - 10).tolist()) == set((column[~mirrored] - 5).tolist()) == {-2, -1, 0, 1, 2}


def test_a_missing_folder_is_answered_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"install .* or name the .* {FOLDER_VARIABLE}"):
        fashion_mnist(tmp_path / "nowhere")


def test_the_folder_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(write_idx(tmp_path, train=40, report=20)))
    assert len(fashion_mnist().examples("report")) == 20


def test_a_folder_without_images_names_the_first_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="train-images-idx3-ubyte"):
        fashion_mnist(tmp_path).examples("train")


def test_images_of_another_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"28x28 images .* got images \(200, 20, 20\)"):
        fashion_mnist(write_idx(tmp_path, size=20)).examples("train")


@pytest.mark.parametrize("labels", [np.zeros(0, np.uint8), np.zeros(7, np.uint8), np.full(200, 10, np.uint8)])
def test_labels_that_do_not_fit_are_refused(tmp_path: Path, labels: np.ndarray) -> None:
    (write_idx(tmp_path) / "train-labels-idx1-ubyte.gz").write_bytes(idx_bytes(labels))
    with pytest.raises(InputError, match="one label of 0 to 9 each"):
        fashion_mnist(tmp_path).examples("search")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, share: float) -> None:
    path = write_idx(tmp_path) / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(InputError, match="copy the file again"):
        fashion_mnist(tmp_path).examples("report")


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = write_idx(tmp_path) / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(b"<html>not found</html>"))
    with pytest.raises(InputError, match="not a whole IDX file"):
        fashion_mnist(tmp_path).examples("report")


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")
def test_the_real_data_has_its_stated_sizes_mean_and_deviation() -> None:
    task = FashionMnist(DEBIAN)
    sizes = {split: len(task.raw(split)[1]) for split in SPLITS}  # type: ignore[arg-type]
    assert sizes == {"train": 55_000, "search": 5_000, "report": 10_000}
    pixels = np.concatenate([task.raw("train")[0], task.raw("search")[0]])[::20] * task.preprocessing.scale
    assert abs(pixels.mean() - task.preprocessing.mean) < 0.002
    assert abs(pixels.std() - task.preprocessing.std) < 0.002


def test_a_pixel_becomes_how_many_deviations_it_is_from_the_mean_of_all() -> None:
    black, white = FashionMnist.preprocessing(np.array([0, 255], np.uint8))
    assert black == pytest.approx(-0.2860 / 0.3530, rel=1e-6)
    assert white == pytest.approx((1 - 0.2860) / 0.3530, rel=1e-6)
