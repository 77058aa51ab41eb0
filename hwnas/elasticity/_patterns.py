"""Patterns of names of modules: whoever names a module means all that is within it."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import accumulate

from torch import nn

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first


def is_named(module: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern names a module, by its path, or one that it is within."""
    outer = accumulate(module.split("."), "{}.{}".format)
    return any(fnmatchcase(name, pattern) for name in outer for pattern in patterns)


def refuse_naming_nothing(network: nn.Module, patterns: Sequence[str], said: str) -> None:
    """Is there a pattern that names no module, as where a name is misspelt?"""
    if isinstance(patterns, str):
        raise InputError(f"`{said}` is a list of patterns, got {quoted(patterns)}; write {said}=[{quoted(patterns)}].")
    names = [name for name, _ in network.named_modules()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            nearest = ", ".join(nearest_first(pattern, names[1:])[:5])
            raise InputError(
                f"No module of {type(network).__name__} is named {quoted(pattern)}, as `{said}` says; there are, "
                f"nearest first: {nearest}."
            )
