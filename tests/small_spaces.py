"""Parameters that make the spaces of the room small enough to build and run many times; one place for all tests."""

from hwnas.contracts.finding import find
from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces._bits import with_bits
from hwnas.testing._small import SMALL_MOBILENETV3

SMALL: dict[str, dict[str, object]] = {
    "mobilenetv3": SMALL_MOBILENETV3,
    "pooling": {"input_shape": (1, 8, 8), "blocks": 3, "width": 4},
}


def micro_with_bits() -> SearchSpace:
    """One with bits as choices, for layers that are there under some operations only."""
    return with_bits(small("micro_cell"))


def small(name: str) -> SearchSpace:
    """The space `name`, small where we know how."""
    space = find("spaces", name)(**SMALL.get(name, {}))  # type: ignore[operator]
    assert isinstance(space, SearchSpace)
    return space
