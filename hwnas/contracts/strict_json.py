"""JSON as it is meant: no key twice in one object, no number that is none; standard library only, for far ends too."""

import json
from typing import NoReturn

from hwnas.contracts.errors import quoted


def strict_json(raw: bytes | str) -> object:
    """What JSON says, for content of any form.

    Raises:
        ValueError: it is no JSON, has too many levels, a key twice, or a number that is none, such as NaN.
    """
    try:
        return json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("it has too many levels") from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {quoted(twice)} is there twice")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")
