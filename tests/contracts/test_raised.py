"""What functions of somebody's own give, or how they fail."""

import pytest

from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.raised import in_one_line, outcome, where_raised


def test_an_error_says_where_in_the_users_own_code_it_arose_and_in_one_line_what() -> None:
    try:
        raise ValueError("first\n  second. " + "x" * 999)
    except ValueError as error:
        assert where_raised(error).startswith(f' at {__file__}, line 11 (raise ValueError("first')
        assert in_one_line(error).startswith("first second. xxx")
        assert len(in_one_line(error)) == 200


def test_an_error_that_never_arose_was_nowhere() -> None:
    assert where_raised(ValueError("a")) == ""


def test_what_a_function_gives_is_passed_on() -> None:
    assert outcome("mine.py:divided cannot be made", lambda x, *, by: x / by, 6, by=2) == 3


def test_what_it_raises_becomes_a_sentence_with_its_name_and_place() -> None:
    with pytest.raises(
        InputError, match=r"mine\.py:net cannot be made: KeyError: 'weights' at .*test_raised\.py, line"
    ):
        outcome("mine.py:net cannot be made", lambda: {}["weights"])


def test_a_sentence_of_hwnas_stays_as_it_is() -> None:
    def refuses() -> None:
        raise DeviceError("too busy")

    with pytest.raises(DeviceError, match=r"^too busy$"):
        outcome("mine.py:net cannot be made", refuses)
