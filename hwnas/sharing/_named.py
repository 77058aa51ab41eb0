"""From a scheme's name and settings, as they stand in a checkpoint or a command, to the scheme."""

from collections.abc import Callable, Mapping
from typing import cast

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.finding import find
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import SharingScheme

MakeScheme = Callable[..., SharingScheme]


def named_sharing(name: str, space: SearchSpace, settings: Mapping[str, object]) -> SharingScheme:
    """The scheme `name` of `space`, built in or plugged in.

    Raises:
        InputError: there is no such scheme, or it refuses a setting.
    """
    return made_sharing(cast("MakeScheme", find("sharing", name)), name, space, settings)


def made_sharing(make: MakeScheme, name: str, space: SearchSpace, settings: Mapping[str, object]) -> SharingScheme:
    """What `make` gives, checked to be the scheme `name`."""
    try:
        scheme = make(space, **settings)
    except TypeError as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"Sharing scheme {quoted(name)} does not take {dict(settings)} ({reason}); correct them."
        ) from error
    if not isinstance(scheme, SharingScheme) or scheme.name != name:
        raise InputError(
            f"Expected the sharing scheme {quoted(name)}, got {quoted(scheme)}; give the one of that name."
        )
    return scheme
