"""A choice that every sub-network makes, for methods that treat sub-networks by its options."""

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.search_space import SearchSpace


def everywhere(space: SearchSpace, name: str | None, asks: str) -> Choice:
    """The choice of that name; None: the first that is active in every architecture and has several options.

    Args:
        space: that has it.
        name: of the choice.
        asks: the method and what it does to the choice, as the error should begin.

    Raises:
        InputError: there is no such choice.
    """
    possible = {c.name: c for c in space.choices if not c.active_if and len(c.options) > 1}
    chosen = name or next(iter(possible), None)
    if chosen is None or chosen not in possible:
        listed = ", ".join(nearest_first(chosen or "", list(possible))) or "none"
        raise InputError(
            f"{asks} a choice that is active in every architecture and has several options, got {quoted(chosen)}; "
            f"there are: {listed}."
        )
    return possible[chosen]
