"""A space by its name and settings: its own, and those that every space has (``multiple_of``, ``bits`` and theirs)."""

from collections.abc import Mapping
from typing import cast

from torch import nn

from hwnas.contracts.finding import find, names
from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces._bits import BITS, FOUND, PREFIX, RANGES, RECOVER, has_bits, with_bits
from hwnas.spaces._elastic import ELASTIC, elastic_space
from hwnas.spaces._input_sizes import SIZES, with_input_sizes_again
from hwnas.spaces._multiples import SETTING, keep_to_multiples
from hwnas.spaces._narrowed import NARROWED_TO, narrowed_again


def is_named(name: str) -> bool:
    """Whether a space can be made by its name."""
    return name == ELASTIC or name in names("spaces")


def named_space(name: str, settings: Mapping[str, object], network: nn.Module | None = None) -> object:
    """What the space `name` gives for its settings; kept to multiples, and with bits, where that is among them.

    Args:
        name: of the space.
        settings: what it is called with.
        network: of an elastic space, where that was given in Python.

    Raises:
        InputError: there is no such space, or it refuses a setting.
        TypeError: it knows no such setting.
    """
    steps = {SETTING, BITS, RANGES, RECOVER, FOUND, NARROWED_TO, *SIZES}
    own = {key: value for key, value in settings.items() if key not in steps}
    made = elastic_space(network, **own) if name == ELASTIC else find("spaces", name)(**own)  # type: ignore[operator,arg-type]
    if SETTING in settings:
        made = keep_to_multiples(made, settings[SETTING])
    return as_it_was(cast("SearchSpace", made), settings)


def as_it_was(space: SearchSpace, settings: Mapping[str, object]) -> SearchSpace:
    """The space, with sizes of inputs, fewer options and bits where settings say so and it has none yet.

    Raises:
        InputError: as `with_input_sizes`, `narrowed` and `with_bits`.
    """
    space = with_input_sizes_again(space, settings)
    options = settings.get(NARROWED_TO)
    of_bits = isinstance(options, Mapping) and any(name.startswith(PREFIX) for name in options)
    if not of_bits:
        space = narrowed_again(space, settings)
    if BITS in settings and not has_bits(space):
        how = {name: str(settings[name]) for name in (RANGES, RECOVER) if name in settings}
        found = cast("Mapping[str, object] | None", settings.get(FOUND))
        space = with_bits(space, str(settings[BITS]), **how, found=found)
    return narrowed_again(space, settings)
