from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.tasks.fashion_mnist import FashionMnist
from hwnas.tasks.fashion_mnist14 import TRAINING_IMAGES, FashionMnist14, fashion_mnist14, halved
from tests.tasks.idx_folders import write_idx

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def test_a_pixel_is_the_rounded_mean_of_four() -> None:
    image = np.array([[0, 1, 10, 10], [2, 4, 10, 255], [7, 7, 0, 0], [7, 7, 0, 1]], dtype=np.uint8)
    assert halved(image[None]).tolist() == [[[2, 71], [7, 0]]]


def test_search_and_report_hold_the_images_of_the_whole_data(tmp_path: Path) -> None:
    write_idx(tmp_path)
    for split in ("search", "report"):
        images, labels = FashionMnist(tmp_path).raw(split)  # type: ignore[arg-type]
        examples = fashion_mnist14(tmp_path).examples(split)  # type: ignore[arg-type]
        np.testing.assert_array_equal(examples.labels, labels)
        pixels = FashionMnist14.preprocessing(halved(images)[:, None])
        np.testing.assert_array_equal(examples.inputs[0], pixels)


def test_a_missing_folder_is_answered_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dataset-fashion-mnist"):
        fashion_mnist14(tmp_path / "nowhere")


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")
def test_the_real_data_has_its_stated_size_mean_and_deviation() -> None:
    examples = FashionMnist14(DEBIAN).examples("train")
    (pixels,) = examples.inputs
    assert pixels.shape == (TRAINING_IMAGES, 1, 14, 14)
    assert np.bincount(examples.labels).min() > 900
    assert abs(pixels.mean()) < 0.01
    assert abs(pixels.std() - 1) < 0.01
