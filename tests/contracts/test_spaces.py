"""The contract of spaces, run over all that are found."""

from hwnas.contracts.finding import names
from hwnas.testing import suite
from tests.small_spaces import SMALL

NAMES = names("spaces")
TestSpaces = suite("spaces", {name: SMALL.get(name, {}) for name in NAMES})


def test_small_parameters_are_given_for_spaces_that_exist() -> None:
    assert set(SMALL) <= set(NAMES)
