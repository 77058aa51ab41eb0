"""Numbers from the words of a file: latencies with their unit, options of choices."""

import re
from collections.abc import Iterable, Mapping

from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError

UNITS_MS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3, "sec": 1e3, "seconds": 1e3}
_LATENCY = re.compile(r"(^|[_\W])(lat|latency|latencies|time|runtime)([_\W]|$)", re.IGNORECASE)
_SPREAD = re.compile(r"(^|[_\W])(std|var|variance|low|high|interval|min|max|p\d+)([_\W]|$)", re.IGNORECASE)
_NAMED_UNIT = re.compile(r"(?:^|[_\W])(ns|us|ms|s|sec|seconds)(?:[_\W]|$)", re.IGNORECASE)


def latency_columns(columns: Iterable[str]) -> list[str]:
    """Those that hold latencies, by their names."""
    return [c for c in columns if _LATENCY.search(c) and not _SPREAD.search(c)]


def milliseconds_per(column: str, unit: str | None) -> float:
    """What to multiply figures of a column with, from the unit in its name or the one the user gave.

    Raises:
        InputError: neither says, or the unit is unknown.
    """
    named = _NAMED_UNIT.search(column)
    word = (unit or (named.group(1) if named else "")).lower()
    if word not in UNITS_MS:
        raise InputError(
            f"The unit of {column or 'the latencies'!r} is not known{f', got {unit!r}' if unit else ''}; give --unit, "
            f"one of {', '.join(UNITS_MS)}."
        )
    return UNITS_MS[word]


def positive(value: object, place: str) -> float:
    """A time as a number above 0.

    Raises:
        InputError: it is none.
    """
    try:
        number = float(value)  # type: ignore[arg-type]  # refused below
    except (TypeError, ValueError):
        number = 0.0
    if not 0 < number < float("inf"):
        raise InputError(f"{place} needs a latency above 0, got {value!r}; leave it out, or mend the file.")
    return number


def option(text: str) -> Option:
    """A whole number, a number, or a word."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def options_seen(architectures: Iterable[Mapping[str, Option]]) -> dict[str, list[Option]]:
    """Per choice the options that occur, numbers by size and words by alphabet."""
    seen: dict[str, set[Option]] = {}
    for architecture in architectures:
        for name, value in architecture.items():
            seen.setdefault(name, set()).add(value)
    return {name: sorted(values, key=lambda v: (isinstance(v, str), v)) for name, values in seen.items()}
