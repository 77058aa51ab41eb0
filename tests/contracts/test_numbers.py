from fractions import Fraction

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.numbers import real, whole


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.float64(2), np.int16(2), np.array(2.0), Fraction(2)])
def test_a_number_of_any_kind_becomes_pythons_own(value: object) -> None:
    assert real("a limit", value) == 2
    assert type(real("a limit", value)) is float


@pytest.mark.parametrize("value", [None, True, "2", b"2", float("nan"), float("inf"), [2], 1j, 10**400])
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="A limit is a finite number, got"):
        real("a limit", value)


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_a_whole_number_of_any_kind_becomes_pythons_own(value: object) -> None:
    assert whole("the seed", value) == 3
    assert type(whole("the seed", value)) is int


@pytest.mark.parametrize("value", [2, -1, 3.0, "3", None, True, np.float64(3)])
def test_what_is_no_whole_number_that_large_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="The number of samples is a whole number of at least 3, got"):
        whole("the number of samples", value, 3)


def test_what_is_more_than_can_be_held_is_refused() -> None:
    """A seed of twenty digits ended in an error that was not foreseen."""
    assert whole("the seed", 2**63 - 1) == 2**63 - 1
    for value, most in ((2**63, 2**63 - 1), (10**400, 2**63 - 1), (5, 4)):
        with pytest.raises(InputError, match=f"The seed is at most {most}, got "):
            whole("the seed", value, most=most)
