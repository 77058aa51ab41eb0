"""Every error carries its exit code, and repeats no more of what came than a person reads."""

import pytest

from hwnas.contracts.errors import DeviceError, InputError, PromiseError, quoted, shown


def test_exit_codes_are_those_of_the_documentation() -> None:
    assert [error.exit_code for error in (PromiseError, InputError, DeviceError)] == [1, 2, 3]


def test_a_message_of_up_to_four_thousand_characters_is_said_and_of_a_longer_one_both_ends() -> None:
    assert str(InputError("x" * 4000)) == "x" * 4000
    assert str(InputError("a" * 2000 + "b" * 5000 + "c" * 2000)) == "a" * 2000 + " ... " + "c" * 2000


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a", "'a'"),
        (7, "7"),
        ([1, 2], "[1, 2]"),
        ("line\n", "'line\\n'"),
    ],
)
def test_what_is_short_is_quoted_as_python_would(value: object, said: str) -> None:
    assert quoted(value) == said


def test_an_integer_that_python_does_not_write_is_told_by_its_length() -> None:
    assert quoted(10**5000) == "an integer of about 5001 digits"
    assert quoted(-(10**250)) == "an integer of about 251 digits"


@pytest.mark.parametrize("value", ["x" * 10**6, [0.123456789] * 10**5, {"y" * 999: 1}, "é\n" * 150])
def test_of_what_is_long_no_more_than_two_hundred_characters_are_quoted(value: object) -> None:
    assert len(quoted(value)) <= 200


def test_a_plain_name_is_shown_bare_and_a_strange_one_quoted() -> None:
    assert shown("a b.onnx") == "a b.onnx"
    assert shown("x" * 200) == "x" * 200
    assert shown("a\nb") == "'a\\nb'"
    assert len(shown("x" * 201)) <= 200
