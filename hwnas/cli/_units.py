"""Figures as people type them: ``2ms``, ``40MB``, ``92%``. A budget without a unit is refused, not guessed at."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.figures import OBJECTIVES, TIME, Unit

_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}


def parse_figure(text: str, unit: Unit) -> float:
    """``2ms`` or ``2MB`` and the like, in the unit.

    Raises:
        InputError: no unit that is known, no number, or not positive.
    """
    return _parse(text, unit.spelt, unit.quantity, unit.example)


def parse_latency_ms(text: str) -> float:
    """``2ms``, ``1.5s`` or ``300us`` in milliseconds.

    Raises:
        InputError: no unit, no number, or not positive.
    """
    return parse_figure(text, TIME)


def parse_score(text: str) -> float:
    """``92%`` or ``0.92`` as a fraction, and any other figure above zero in its own unit.

    Raises:
        InputError: neither.
    """
    return _parse(text, {"%": 0.01, "": 1.0}, "a score", "92% or 0.92")


def parse_duration_seconds(text: str) -> float:
    """``10min``, ``2h`` or ``90s`` in seconds.

    Raises:
        InputError: as above.
    """
    return _parse(text, _SECONDS, "a time", "10min, 2h or 90s")


def parse_speedup(text: str) -> float:
    """``2x``, or ``2``, as a factor.

    Raises:
        InputError: as above.
    """
    return _parse(text, {"x": 1.0, "": 1.0}, "a speedup", "2x")


def parse_shapes(texts: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """``x=1x3x224x224``, one per input, or ``1x3x224x224`` for the only one, by name.

    Raises:
        InputError: no sizes, or one that is not a whole number above zero; an input twice.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for text in texts:
        name, _, sizes = text.rpartition("=")
        numbers = re.split("[x,]", sizes)
        if name in shapes or not all(re.fullmatch("[1-9][0-9]{0,8}", size) for size in numbers):
            raise InputError(f"A shape is written like x=1x3x224x224, once per input, got {quoted(text)}.")
        shapes[name] = tuple(map(int, numbers))
    return shapes


def parse_objectives(names: Iterable[str]) -> tuple[str, ...]:
    """``memory`` and the like as figures, each once.

    Raises:
        InputError: no such figure.
    """
    if unknown := [name for name in names if name not in OBJECTIVES]:
        raise InputError(f"An extra objective is one of {', '.join(OBJECTIVES)}, got {quoted(unknown[0])}.")
    return tuple(dict.fromkeys(OBJECTIVES[name].name for name in names))


def parse_settings(texts: Iterable[str], example: str) -> dict[str, Any]:
    """``name=value`` each: what reads as JSON (a number, ``true``, a list, words in quotes) is that, all else words.

    Raises:
        InputError: not of that form, or one twice; the message shows the example.
    """
    settings: dict[str, Any] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value) or name in settings:
            raise InputError(f"Expected a setting as name=value, each once, such as {example}, got {quoted(text)}.")
        try:
            settings[name] = json.loads(value)
        except (ValueError, RecursionError):
            settings[name] = value
    return settings


def _parse(text: str, units: Mapping[str, float], quantity: str, example: str) -> float:
    match = re.fullmatch(r"\s*([+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z%]*)\s*", text)
    if match is None or match[2] not in units:
        raise InputError(
            f"Expected {quantity}{'' if '' in units else ' with its unit'}, such as {example}, got {quoted(text)}."
        )
    value = float(match[1]) * units[match[2]]
    if not 0 < value < float("inf"):
        raise InputError(f"Expected {quantity} above zero, such as {example}, got {quoted(text)}.")
    return value
