"""The contract of spaces, run over all that are found."""

from pathlib import Path

from hwnas.contracts.finding import names
from hwnas.testing import suite
from tests.small_spaces import SMALL

NAMES = names("spaces")
OWN = Path(__file__).parents[1] / "small_spaces.py"
TestSpaces = suite("spaces", {name: SMALL.get(name, {}) for name in NAMES})
TestSpacesWithBits = suite("spaces", {f"{OWN}:micro_with_bits": {}})


def test_small_parameters_are_given_for_spaces_that_exist() -> None:
    assert set(SMALL) <= set(NAMES)
