"""What the far end of a remote device answers, taken only if it makes sense.

Over the line comes whatever its other end writes: another program may be there, or a disk or a memory that fails.
"""

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, make_dataclass
from typing import Any, TypeVar, cast, get_type_hints

from hwnas.contracts.device import DeviceCard, Timing
from hwnas.contracts.errors import DeviceError, quoted
from hwnas.contracts.figures import EXTRA
from hwnas.devices._facts import Facts
from hwnas.devices._session import Operation
from hwnas.devices._shares import Shares

Answer = dict[str, Any]
T = TypeVar("T")


def card_of(answer: Answer) -> DeviceCard:
    """Who the device there is. Raises as `making_sense` expects, like all here."""
    return _read(DeviceCard, answer)


def timing_of(answer: Answer, number: int, models: Sequence[int]) -> Timing:
    """A timing of round `number`, of one of `models`."""
    timing = _read(Timing, answer)
    figures = [timing.wall_ms, timing.reference_wall_ms, timing.cpu_ms, timing.reference_cpu_ms]
    if timing.round != number or timing.model not in models or timing.runs < 1:
        raise ValueError("a timing that was not asked for")
    if not all(figure > 0 for figure in figures if figure is not None) or (timing.others_busy or 0) < 0:
        raise ValueError("a time that is not above zero")
    return timing


def facts_of(answer: Answer) -> Facts:
    """Figures of one model beside its latency."""
    try:
        facts = _read(Facts, answer)
    except DeviceError as error:
        raise ValueError(str(error)) from error
    if facts.file_bytes < 0:
        raise ValueError("a size below zero")
    return facts


def figures_told(answer: Answer) -> frozenset[str]:
    """Names of the figures that `facts_of` will have."""
    return frozenset(_read(list[str], answer["tells"])) & EXTRA.keys()


def operation_of(answer: Answer) -> Operation:
    """One operation of a run."""
    fields = make_dataclass("Fields", get_type_hints(Operation).items())  # pydantic takes no such dict on Python 3.11
    operation = asdict(_read(fields, answer))
    if operation["time_ms"] < 0:
        raise ValueError("a time below zero")
    return cast("Operation", operation)


def shares_of(answer: dict[str, dict[str, float]] | None) -> Shares | None:
    """Which provider did how much."""
    return None if answer is None else _read(dict[str, dict[str, float]], answer)


def name_of(answer: Answer) -> str:
    """The name of an output."""
    return str(answer["name"])


def _read(kind: type[T], answer: object) -> T:
    from pydantic import TypeAdapter  # late, since a far end has it not, and needs it not

    if not _is_finite(answer):
        raise ValueError("a figure that is no number")
    adapter: TypeAdapter[T] = TypeAdapter(kind)
    return adapter.validate_json(json.dumps(answer), strict=True)


def _is_finite(value: object) -> bool:
    if isinstance(value, dict | list):
        return all(map(_is_finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


@contextmanager
def making_sense(name: str) -> Iterator[None]:
    """Turn what reading an answer of the device `name` raises into one sentence.

    Raises:
        DeviceError: the answer makes no sense.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # the third: also pydantic's, and JSON's
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DeviceError(
            f"{name} gave an answer that makes no sense ({quoted(said)}); see what is started there, and whether that "
            "machine can be trusted."
        ) from error
