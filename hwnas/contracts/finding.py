"""How things are found: by file name in their room, or by an installed entry point.

The thing called ``x`` of a room is the object ``x`` in the room's file ``x.py``; a plug-in gives the same object
under the entry point group ``hwnas.<room>``. There is no table to edit.
"""

import importlib
import pkgutil
from importlib.metadata import entry_points

from hwnas.contracts.errors import InputError
from hwnas.contracts.nearest import nearest_first


def names(room: str) -> list[str]:
    """Every thing of a room, built in or plugged in, sorted."""
    package = importlib.import_module(f"hwnas.{room}")
    built_in = {m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")}
    return sorted(built_in | {point.name for point in entry_points(group=f"hwnas.{room}")})


def find(room: str, name: str) -> object:
    """The thing `name` of `room`.

    Raises:
        InputError: there is none; the message lists what there is, nearest first.
    """
    known = names(room)
    if name not in known:
        listed = ", ".join(nearest_first(name, known))
        raise InputError(f"No {name!r} among {room}; there are, nearest first: {listed}.")
    for point in entry_points(group=f"hwnas.{room}"):
        if point.name == name:
            return point.load()
    return getattr(importlib.import_module(f"hwnas.{room}.{name}"), name)
