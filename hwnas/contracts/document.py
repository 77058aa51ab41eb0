"""What is read from disk as JSON: exactly what is declared, or one sentence.

Strict: ``true`` is no number, ``"3"`` no 3, NaN no figure, a field that is not declared is none, and a key that is
there twice is neither its first value nor its last. What a document means as a whole (an interval around its figure)
its validators check.
"""

import json
from pathlib import Path
from typing import NoReturn, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.files import read_limited, unpacked

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
_MOST_PLACE = 100  # characters of where in a document something is wrong


class Document(BaseModel):
    """The base of every model of a file or a stored record."""

    model_config = STRICT

    @classmethod
    def parse(cls, raw: bytes | str) -> Self:
        """From JSON.

        Raises:
            ValueError: it is another thing; the message says where and what, short and in one line.
        """
        try:
            json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
            return cls.model_validate_json(raw)
        except ValidationError as error:
            raise ValueError(first_fault(error)) from error
        except RecursionError as error:
            raise ValueError("it has too many levels") from error

    @classmethod
    def read(cls, path: Path, what: str, remedy: str) -> Self:
        """From a file, also a gzipped one.

        Args:
            path: the file.
            what: what it should be, such as ``a latency table``.
            remedy: what to do where it is not, such as ``profile again``.

        Raises:
            InputError: the file is missing, damaged, or something else.
        """
        raw = unpacked(path, read_limited(path))
        try:
            return cls.parse(raw)
        except ValueError as error:
            raise InputError(f"{path} is not {what}: {error}; {remedy}.") from error


def first_fault(error: ValidationError) -> str:
    """Where the first thing is that is wrong, and what."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the file"
    shown = place if len(place) <= _MOST_PLACE else f"{place[:_MOST_PLACE]}..."
    said = first["msg"].removeprefix("Value error, ")
    return f"{quoted(shown)[1:-1]}: {quoted(said)[1:-1]}"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {quoted(twice)} is there twice")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")
