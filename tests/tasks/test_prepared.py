"""What a network's inputs are, as the data says it, and how values are prepared."""

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import Split
from hwnas.tasks._prepared import Prepared, prepared, specs
from hwnas.tasks._source import Held, Source

PIXELS = np.array([[[0, 255]], [[51, 102]], [[255, 0]]], np.uint8)  # three examples of 1x2
IDS = np.array([[1, 2, 0], [0, 0, 1], [6, 1, 2]])


def splits(**inputs: np.ndarray) -> dict[Split, Source]:
    labels = np.arange(3)
    return {
        split: Held({name: x.copy() for name, x in inputs.items()}, labels) for split in ("train", "search", "report")
    }  # type: ignore[misc]


def test_bytes_and_fractions_are_numbers_and_other_whole_numbers_are_ids_up_to_the_largest() -> None:
    found = specs(splits(images=PIXELS, words=IDS, figures=np.ones((3, 4))), None)
    assert found == [
        InputSpec("images", (1, 2)), InputSpec("words", (3,), "int64", 7), InputSpec("figures", (4,)),
    ]  # fmt: skip


def test_what_is_said_of_an_input_goes_before_what_its_data_says() -> None:
    said = InputSpec("words", (3,), "int64", 1000)
    assert specs(splits(words=IDS), [said]) == [said]
    assert specs(splits(words=IDS), ["words"]) == [InputSpec("words", (3,), "int64", 7)]


def test_splits_of_other_inputs_or_shapes_are_refused() -> None:
    other = splits(words=IDS)
    other["report"] = Held({"ids": IDS}, np.arange(3))
    with pytest.raises(InputError, match="'words' is not in every split"):
        specs(other, None)
    other["report"] = Held({"words": IDS[:, :2]}, np.arange(3))
    with pytest.raises(InputError, match=r"has shapes \[\(3,\), \(3,\), \(2,\)\] in the splits"):
        specs(other, None)


def test_numbers_are_prepared_and_ids_are_not() -> None:
    source = Held({"images": PIXELS, "words": IDS}, np.array([0.5, 1.5, 2.5]))
    inputs = [InputSpec("images", (1, 2)), InputSpec("words", (3,), "int64", 7)]
    found = Prepared(source, inputs, Preprocessing(1 / 255, 0.2, 0.5)).take(np.array([1, 2]))
    np.testing.assert_allclose(found.inputs[0], [[[0.0, 0.4]], [[1.6, -0.4]]], atol=1e-6)  # (1/5 - 0.2) / 0.5 ...
    assert found.inputs[0].dtype == np.float32
    assert found.inputs[1].tolist() == IDS[1:].tolist()
    assert found.labels.tolist() == [1.5, 2.5]
    assert found.labels.dtype == np.float32


def test_without_preprocessing_values_stay_and_labels_of_classes_are_whole() -> None:
    source = Held({"images": PIXELS}, np.array([0, 1, 2], np.uint8))
    found = prepared(source, [InputSpec("images", (1, 2))], None)
    assert found.take(slice(0, 1)).inputs[0].tolist() == [[[0.0, 255.0]]]
    assert found.take(slice(0, 1)).labels.dtype == np.int64


@pytest.mark.parametrize("dtype", [np.float32, np.int64, bool])
def test_splits_of_other_kinds_of_numbers_are_refused(dtype: type) -> None:
    """Pixels to learn from and scaled ones to judge by gave an accuracy without a word."""
    pixels = np.full((3, 4), 200, np.uint8)
    mixed = splits(pixels=pixels)
    mixed["report"] = Held({"pixels": (pixels / 255).astype(dtype)}, np.arange(3))
    with pytest.raises(InputError, match=r"'pixels' is uint8, uint8, .* in the splits, and pixels, ids and other"):
        specs(mixed, None)
    mixed["report"] = Held({"pixels": pixels}, np.arange(3))
    assert specs(mixed, None) == [InputSpec("pixels", (4,))]
