"""Options whose word may be left out: ``--bits`` is ``--bits block``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args


@dataclass(frozen=True)
class LeftOut:
    """Beside the option in a parameter's annotation.

    Args:
        word: what it means without one.
        words: those it takes; any other one behind it is not its own.
    """

    word: str
    words: tuple[str, ...]


def with_left_out(arguments: Sequence[str], options: Mapping[str, LeftOut]) -> Iterator[str]:
    """The arguments of a command, with the words that were left out; behind ``--`` there are no options."""
    plain = list(arguments).index("--") if "--" in arguments else len(arguments)
    for i, argument in enumerate(arguments):
        yield argument
        option = options.get(argument) if i < plain else None
        if option is not None and (*arguments, "")[i + 1] not in option.words:
            yield option.word


def left_out(annotation: object) -> LeftOut | None:
    """What a parameter's annotation says of it."""
    return next((each for each in get_args(annotation) if isinstance(each, LeftOut)), None)
