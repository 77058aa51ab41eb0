"""Parameters that make the spaces of the room small enough to build and run many times; one place for all tests."""

from hwnas.contracts.finding import find
from hwnas.contracts.search_space import SearchSpace

SMALL: dict[str, dict[str, object]] = {
    "mobilenetv3": {
        "input_shape": (2, 8, 8),
        "classes": 3,
        "stem_width": 4,
        "stem_stride": 1,
        "stage_widths": (4, 6),
        "stage_strides": (1, 2),
        "stage_activations": ("relu", "hardswish"),
        "squeeze_excite": (False, True),
        "final_width": 12,
        "feature_width": 8,
    },
}


def small(name: str) -> SearchSpace:
    """The space `name`, small where we know how."""
    space = find("spaces", name)(**SMALL.get(name, {}))  # type: ignore[operator]
    assert isinstance(space, SearchSpace)
    return space
