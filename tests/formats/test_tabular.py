import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.space_record import SpaceRecord
from hwnas.formats._tabular import tabular
from hwnas.pipeline.open import space_of


def test_features_are_values_of_numbers_and_counts_of_words() -> None:
    space = tabular({"layers": [1, 2, 6], "e0": ["conv", "none"], "e1": ["conv", "none"], "alone": ["x", "y"]})
    assert space.feature_names == ("layers", "conv.count0", "none.count0")
    assert space.features is not None
    found = space.features(np.array([[2, 0, 1, 0], [0, 1, 1, 1]]))
    assert found.tolist() == [[6.0, 1.0, 1.0], [1.0, 0.0, 2.0]]
    assert [choice.ordered for choice in space.choices] == [True, False, False, False]


def test_what_is_known_of_its_networks_takes_the_place_of_plain_figures() -> None:
    choices = {"layers": [1, 2], "width": [8, 16], "a": ["no", "conv"], "b": ["no", "conv"]}
    cell = {"edges": {"a": [0, 1], "b": [1, 2]}, "broken": "no"}
    space = tabular(choices, cell=cell, products={"work": [["layers", "width"]], "depth": [["layers"]]})
    ways = ("all", "needed", "live", "constant")
    counted = tuple(f"{way}:{figure}" for way in ways for figure in ("conv", "any"))
    assert space.feature_names == (*counted, "work:layers*width", "depth:layers")
    assert space.features is not None
    assert space.features(np.array([[1, 1, 1, 0]]))[0].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 32, 2]
    record = SpaceRecord.of(space)
    again = space_of(record.name, record.parameters)
    assert again.feature_names == space.feature_names
    assert SpaceRecord.of(again) == record


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"cell": {"edges": {"x": [0, 1]}}}, "got 'x'"),
        ({"cell": {"edges": {"a": [0, 1], "b": [1, 0]}}}, "higher number"),
        ({"cell": {"edges": {"a": [0], "b": [1, 2]}}}, "cannot have the cell"),
        ({"cell": {"edges": {"a": [0, 1], "layers": [1, 2]}}}, "same options"),
        ({"cell": {"colour": 1}}, "cannot have the cell"),
        ({"cell": 3}, "cannot have the cell"),
        ({"products": {"work": [["a"]]}}, "Only numbers can be multiplied, got the choice 'a'"),
        ({"products": 3}, "lists of products"),
    ],
)
def test_what_does_not_fit_the_choices_is_refused(known: dict[str, object], words: str) -> None:
    choices = {"layers": [1, 2], "a": ["none", "conv"], "b": ["none", "conv"]}
    with pytest.raises(InputError, match=words):
        space_of("tabular", {"choices": choices, **known})


def test_it_can_be_opened_from_what_a_table_records_of_it() -> None:
    space = tabular({"layers": [1, 2.5], "kind": ["a", "b"]})
    record = SpaceRecord.of(space)
    assert space_of(record.name, record.parameters).digest == space.digest


@pytest.mark.parametrize("choices", [None, 3, ["a"], {"a": 3}])
def test_what_are_no_choices_is_refused(choices: object) -> None:
    with pytest.raises(InputError, match="needs its choices"):
        space_of("tabular", {"choices": choices})
