"""Numbers from the words of a file: latencies with their unit, options of choices."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real

from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.limits import MOST_DIGITS

UNITS_MS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3, "sec": 1e3, "seconds": 1e3}
_LATENCY = r"lat|latency|latencies|time|runtime"
_IS_LATENCY = re.compile(rf"(^|[_\W])({_LATENCY})([_\W]|$)", re.IGNORECASE)
_SPREAD = re.compile(r"(^|[_\W])(std|var|variance|low|high|interval|min|max|p\d+)([_\W]|$)", re.IGNORECASE)
_STATISTICS = {"mean", "median", "average", "avg", "measured", "inference", "model", "total", "network"}
_UNITS = "|".join(UNITS_MS)
_WHOLE, _NUMBER = re.compile(r"[+-]?\d+", re.ASCII), re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LABEL = re.compile(r"[+-]?0\d+", re.ASCII)  # 007 is a name of seven


def latency_columns(columns: Iterable[str]) -> list[str]:
    """Those that hold latencies, by their names."""
    return [c for c in columns if _IS_LATENCY.search(c) and not _SPREAD.search(c)]


def unit_in(column: str) -> str | None:
    """The unit that a column's name tells; None where it tells none, or several.

    A lone ``s`` says seconds only in brackets or right after the word for latency (``time_s``), for elsewhere it is
    somebody's name (``latency_galaxy_s``).
    """
    column = re.sub("[\u00b5\u03bc]s", "us", column)  # both signs for a millionth
    words = {w.lower() for w in re.split(r"[_\W]+", column)} & (UNITS_MS.keys() - {"s"})
    bracketed = {w.lower() for w in re.findall(rf"[(\[]\s*({_UNITS})\s*[)\]]", column, re.IGNORECASE)}
    after = {w.lower() for w in re.findall(rf"(?:{_LATENCY})[_\W]+(s)(?:[_\W]|$)", column, re.IGNORECASE)}
    named = bracketed or words | after
    return named.pop() if len(named) == 1 else None


def tells_more(column: str) -> bool:
    """Whether the name of a column of latencies says more than that it holds some, such as a device."""
    words = {word.lower() for word in re.split(r"[_\W]+", column)}
    return bool(words - UNITS_MS.keys() - set(_LATENCY.split("|")) - _STATISTICS - {"", "µs", "μs"})


def milliseconds_per(column: str, unit: str | None) -> float:
    """What to multiply figures of a column with, from the unit in its name or the one the user gave.

    Raises:
        InputError: neither says, or the unit is unknown.
    """
    word = re.sub("^[\u00b5\u03bc]", "u", (unit or unit_in(column) or "").lower())
    if word not in UNITS_MS:
        raise InputError(
            f"The unit of {quoted(column or 'the latencies')} is not known{f', got {quoted(unit)}' if unit else ''}; "
            f"give --unit, one of {', '.join(UNITS_MS)}."
        )
    return UNITS_MS[word]


def positive(value: object, place: str) -> float:
    """A time as a number above 0.

    Raises:
        InputError: it is none.
    """
    number = figure(value)
    if number is None or number <= 0:
        raise InputError(f"{place} needs a latency above 0, got {quoted(value)}; leave it out, or mend the file.")
    return number


def figure(value: object) -> float | None:
    """A finite number, written or not; None for all else, also for truth values."""
    if isinstance(value, str):
        value = float(value) if len(value) <= MOST_DIGITS and _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:  # an integer of 400 digits
        return None
    return number if math.isfinite(number) else None


def options(texts: Sequence[str]) -> list[Option]:
    """What a column of options says: numbers, or words where one of them is written as no number is (``007``)."""
    if any(_LABEL.fullmatch(text) for text in texts):
        return list(texts)
    return [option(text) for text in texts]


def option(text: str) -> Option:
    """A whole number, a number, or a word."""
    number = figure(text)
    if number is None:
        return text
    return int(text) if _WHOLE.fullmatch(text) else number


def options_seen(architectures: Iterable[Mapping[str, Option]]) -> dict[str, list[Option]]:
    """Per choice the options that occur, numbers by size and words by alphabet."""
    seen: dict[str, set[Option]] = {}
    for architecture in architectures:
        for name, value in architecture.items():
            seen.setdefault(name, set()).add(value)
    return {name: sorted(values, key=lambda v: (isinstance(v, str), v)) for name, values in seen.items()}
