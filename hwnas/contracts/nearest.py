"""Names sorted by how much they resemble what was typed, for error messages."""

from collections.abc import Iterable
from difflib import SequenceMatcher


def nearest_first(typed: str, names: Iterable[str]) -> list[str]:
    """`names`, the one most like `typed` first; ties alphabetically."""
    return sorted(names, key=lambda name: (-SequenceMatcher(None, typed.lower(), name.lower()).ratio(), name))
