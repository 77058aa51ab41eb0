"""From a scheme's name and settings, as they stand in a checkpoint or a command, to the scheme."""

from collections.abc import Callable, Mapping
from typing import cast

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.finding import maker
from hwnas.contracts.objects import is_object, stored_object_at
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import SharingScheme

MakeScheme = Callable[..., SharingScheme]


def named_sharing(
    name: str, space: SearchSpace, settings: Mapping[str, object], *, stored: bool = False
) -> SharingScheme:
    """The scheme `name` of `space`: built in, plugged in, or one's own as ``FILE.py:NAME``.

    Args:
        name: of it.
        space: whose networks share.
        settings: of the scheme.
        stored: a file says so, and somebody's own is run only where this user told it before.

    Raises:
        InputError: there is no such scheme, or it refuses a setting.
    """
    own = stored and is_object(name)
    make = cast("MakeScheme", stored_object_at(name, "sharing scheme")) if own else maker("sharing", name)
    return made_sharing(cast("MakeScheme", make), name, space, settings)


def made_sharing(make: MakeScheme, name: str, space: SearchSpace, settings: Mapping[str, object]) -> SharingScheme:
    """What `make` gives, checked to be the scheme `name`, if that is no ``FILE.py:NAME``."""
    try:
        scheme = make(space, **settings)
    except TypeError as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"Sharing scheme {quoted(name)} does not take {dict(settings)} ({reason}); correct them."
        ) from error
    own = is_object(name)
    if not isinstance(scheme, SharingScheme) or not (own or scheme.name == name):
        raise InputError(
            f"Expected the sharing scheme {quoted(name)}, got {quoted(scheme)}; give the one of that name."
        )
    if own:
        scheme.told = name
    return scheme
