"""Words from outside that choose something: taken for what they say, or refused, never for a default.

Python does not check that a ``Literal`` parameter holds one of its words, and ``if word == "a": ... else: ...`` takes
every misspelt word for the second. So whatever a caller can spell goes through `one_of`.
"""

from collections.abc import Iterable

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first


def one_of(name: str, word: object, allowed: Iterable[str]) -> str:
    """`word`, if it is one of those allowed.

    Args:
        what: the setting, as the error should call it, such as ``the split of a task``.
        word: what came.
        allowed: what may come.

    Raises:
        InputError: it is another word, or no word at all.
    """
    words = list(allowed)
    if isinstance(word, str) and word in words:
        return str(word)
    listed = ", ".join(nearest_first(word if isinstance(word, str) else "", words))
    raise InputError(f"{name[:1].upper()}{name[1:]} is one of {listed}, got {quoted(word)}; use one of them.")
