"""What functions of somebody's own give, or how they fail."""

import pytest

from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.objects import made_by


def test_what_a_function_gives_is_passed_on() -> None:
    assert made_by("mine.py:divided", lambda x, *, by: x / by, 6, by=2) == 3


def test_what_it_raises_becomes_a_sentence_with_its_name_and_place() -> None:
    with pytest.raises(
        InputError, match=r"mine\.py:net cannot be made: KeyError: 'weights' at .*test_objects\.py, line"
    ):
        made_by("mine.py:net", lambda: {}["weights"])


def test_a_sentence_of_hwnas_stays_as_it_is() -> None:
    def refuses() -> None:
        raise DeviceError("too busy")

    with pytest.raises(DeviceError, match=r"^too busy$"):
        made_by("mine.py:net", refuses)
