import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.space_record import SpaceRecord

CHOICES = (Choice("width", (4, 8)), Choice("kind", ("a", "b"), ordered=False))


def record(choices: tuple[Choice, ...] = CHOICES, name: str = "mine", **parameters: object) -> SpaceRecord:
    return SpaceRecord.of(SearchSpace(choices, name=name, parameters=parameters))


def test_it_is_the_same_after_json_and_for_the_same_space() -> None:
    assert record(shape=(1, 28, 28)) == record(shape=[1, 28, 28])
    again = SpaceRecord.parse(record(shape=(1, 28, 28)).model_dump_json())
    assert again == record(shape=(1, 28, 28))


@pytest.mark.parametrize(
    "other",
    [record(name="other"), record(classes=10), record(CHOICES[:1]), record((Choice("width", (4, 9)), CHOICES[1]))],
)
def test_another_name_parameter_or_option_is_another_space(other: SpaceRecord) -> None:
    assert record() != other


@pytest.mark.parametrize("value", [object(), float("nan"), {"deep": float("inf")}])
def test_parameters_that_json_cannot_hold_are_refused(value: object) -> None:
    with pytest.raises(InputError, match="Space 'mine' should have parameters that JSON can hold"):
        record(value=value)
