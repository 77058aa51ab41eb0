import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.architecture import Architecture

VALUES = st.dictionaries(
    st.text(min_size=1, max_size=5), st.integers() | st.booleans() | st.text() | st.floats(allow_nan=False), max_size=5
)


@given(VALUES)
def test_json_gives_back_an_equal_architecture_whatever_the_order(values: dict[str, int | bool | str | float]) -> None:
    architecture = Architecture(values)
    again = Architecture(json.loads(architecture.to_json()))
    turned = Architecture(dict(reversed(values.items())))
    assert again == architecture == turned
    assert hash(again) == hash(architecture) == hash(turned)
    assert again.key == architecture.key == turned.key


def test_reads_as_a_mapping_and_an_inactive_choice_is_absent() -> None:
    architecture = Architecture({"depth": 2})
    assert architecture["depth"] == 2
    assert architecture.get("kernel3") is None
    with pytest.raises(KeyError):
        architecture["kernel3"]


def test_neither_the_mapping_it_came_from_nor_a_reader_can_change_it() -> None:
    values: dict[str, int | bool | str | float] = {"depth": 2}
    architecture = Architecture(values)
    values["depth"] = 3
    assert architecture["depth"] == 2
    with pytest.raises(TypeError):
        architecture["depth"] = 3  # type: ignore[index]


def test_is_not_equal_to_a_plain_dictionary() -> None:
    assert Architecture({"depth": 2}) != {"depth": 2}
