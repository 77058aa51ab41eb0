"""Parts of a recipe that have a name, or are one's own: a function in Python, or ``FILE.py:NAME``."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from hwnas.archive.provenance import function_digest
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.objects import is_object, object_at
from hwnas.contracts.words import one_of

Own = Callable[..., Any]


def check_named(name: str, said: str | Own, named: Mapping[str, Own]) -> None:
    """Refuse a word that names nothing; what a file holds is looked for when it is needed.

    Raises:
        InputError: `said` is no name, no function and no ``FILE.py:NAME``.
    """
    if not callable(said) and not (isinstance(said, str) and is_object(said)):
        one_of(name, said, [*named, "FILE.py:NAME"])


def taken(name: str, said: str | Own, named: Mapping[str, Own]) -> Own:
    """What `said` stands for.

    Raises:
        InputError: the file cannot be run, or has no such function.
    """
    if callable(said):
        return said
    if said in named:
        return named[said]
    maker = object_at(said, name)
    if not callable(maker):
        raise InputError(f"{said} should be a function, got {quoted(maker)}; name the one that makes the {name}.")
    return maker


def told(said: str | Own) -> str:
    """How a record names it: other words for other settings, and for another text of a function of one's own."""
    if isinstance(said, str):
        return said
    if isinstance(said, partial):
        settings = [*map(repr, said.args), *(f"{name}={value!r}" for name, value in sorted(said.keywords.items()))]
        return f"{told(said.func)}({', '.join(settings)})"
    name = f"{getattr(said, '__module__', '')}.{getattr(said, '__qualname__', type(said).__qualname__)}"
    text = function_digest(said)
    return name if text is None else f"{name} {text}"
