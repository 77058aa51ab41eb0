"""What a small network inside a scheme sees of an architecture."""

from collections.abc import Iterable

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice, Option


def encoded(choices: Iterable[Choice], architecture: Architecture) -> list[float]:
    """Of each choice its value, or the place of its option, scaled to 0 ... 1; one number per option where there is no
    order; 0 where it is not active.
    """
    return [number for choice in choices for number in _numbers(choice, architecture.get(choice.name))]


def _numbers(choice: Choice, option: Option | None) -> list[float]:
    if not choice.ordered:
        return [float(option is not None and option == other) for other in choice.options]
    values = [x if isinstance(x, int | float) else place for place, x in enumerate(choice.options)]
    low, high = min(values), max(values)
    if option is None or low == high:
        return [0.0]
    return [(values[choice.options.index(option)] - low) / (high - low)]
