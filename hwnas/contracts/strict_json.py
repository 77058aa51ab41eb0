"""JSON as it is meant: no key twice in one object, no number that is none; standard library only, for far ends too."""

import json
from typing import NoReturn

from hwnas.contracts.errors import quoted


class UnclearError(ValueError):
    """It is JSON, and says one thing twice or a number that is none."""


def strict_json(raw: bytes | str) -> object:
    """What JSON says, for content of any form.

    Raises:
        UnclearError: a key is there twice in an object, or a number is none, such as NaN.
        ValueError: it is no JSON, or has too many levels.
    """
    try:
        return json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("it has too many levels") from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnclearError(f"the key {quoted(twice)} is there twice")
    return content


def _no_number(word: str) -> NoReturn:
    raise UnclearError(f"{word} is no number")
