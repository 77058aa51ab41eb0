"""How things are found: by file name in their room, or by an installed entry point.

The thing called ``x`` of a room is the object ``x`` in the room's file ``x.py``; a plug-in gives the same object
under the entry point group ``hwnas.<room>``. There is no table to edit.
"""

import importlib
import inspect
import pkgutil
import sys
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.objects import is_object, object_at


def names(room: str) -> list[str]:
    """Every thing of a room, built in or plugged in, sorted."""
    package = importlib.import_module(f"hwnas.{room}")
    built_in = {m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")}
    return sorted(built_in | _plugged_in(room, tuple(sys.path)).keys())


def find(room: str, name: str) -> object:
    """The thing `name` of `room`.

    Raises:
        InputError: there is none; the message lists what there is, nearest first. Or a plug-in of that name cannot be
            loaded, whatever it raises.
    """
    available = names(room)
    if name not in available:
        listed = ", ".join(nearest_first(name, available))
        raise InputError(f"No {quoted(name)} among {room}; there are, nearest first: {listed}.")
    point = _plugged_in(room, tuple(sys.path)).get(name)
    if point is not None:
        return _loaded(room, point)
    return getattr(importlib.import_module(f"hwnas.{room}.{name}"), name)


def usable(room: str) -> dict[str, object]:
    """Every thing of a room by its name, sorted; a warning names each plug-in that cannot be loaded and is left out."""
    things = {}
    for name in names(room):
        try:
            things[name] = find(room, name)
        except InputError as error:
            warnings.warn(f"{error} It is left out.", stacklevel=2)
    return things


def told(room: str, name: str) -> object:
    """The same of a name that somebody typed or wrote in code, which may be ``FILE.py:NAME``; never of a stored one.

    Raises:
        InputError: as above, or the file cannot be run or has nothing of that name.
    """
    return object_at(name, room) if is_object(name) else find(room, name)


def maker(room: str, name: str) -> Callable[..., object]:
    """The same where it should be what makes such a thing.

    Raises:
        InputError: as above, or it is no function and no class.
    """
    named = told(room, name)
    if not callable(named):
        raise InputError(f"{quoted(name)} should be a function or a class, got {type(named).__name__}; name one.")
    return named


def settings_of(make: object) -> Mapping[str, inspect.Parameter]:
    """What a found class or function can be made with; its contract says which names mean something, such as
    `contracts.strategy.FIDELITIES`.
    """
    return inspect.signature(make).parameters  # type: ignore[arg-type]  # what is found by name is callable


@cache  # installed packages are looked through once: that takes as long as fitting a predictor
def _plugged_in(room: str, path: tuple[str, ...]) -> Mapping[str, EntryPoint]:  # noqa: ARG001  what it is found on
    return {point.name: point for point in reversed(tuple(entry_points(group=f"hwnas.{room}")))}


def _loaded(room: str, point: EntryPoint) -> object:
    try:
        return point.load()
    except (Exception, SystemExit) as error:
        package = point.dist.name if point.dist else "a package"
        raise InputError(
            f"The plug-in {quoted(point.name)} of {room} ({point.value}, of {package}) cannot be loaded: "
            f"{type(error).__name__}: {quoted(str(error))}; mend that package, or uninstall it."
        ) from error
