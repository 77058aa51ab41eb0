"""Everything the commands print goes through here, as text: nothing in a path, a name or a file is taken for markup,
for a terminal's escape sequence or for a line of its own, and nothing fails on a terminal that lacks a character.
"""

import codecs
import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hwnas.contracts.printable import printable_line

_UNFOLDED = 100_000  # columns of a file or a pipe
_SPELT = {
    "±": "+/-", "µ": "u", "→": "->", "…": "...", "≤": "<=", "≥": ">=",
    "\N{MULTIPLICATION SIGN}": "x", "\N{EN DASH}": "-",
}  # fmt: skip
_HANDLER = "hwnas-spelt"


class _Console(Console):
    """Plain text only, and no end of the program where whoever reads has gone."""

    def __init__(self, *, stderr: bool, width: int | None = None) -> None:
        super().__init__(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # instead of exit code 1, which says that a promise is broken

    def put(self, shown: Text | Table, *, fold: bool) -> None:
        """Print; folded at words only if asked and only on a terminal."""
        try:
            if fold and self.is_terminal:
                self.print(shown)
            elif isinstance(shown, Text):
                self.print(shown, soft_wrap=True)
            else:
                unfolded(stderr=self.stderr).print(shown)
        except BrokenPipeError:
            silence(self.file)


def unfolded(*, stderr: bool) -> Console:
    """A console for files and pipes: no line is cut or folded."""
    return _Console(stderr=stderr, width=_UNFOLDED)


_out = _Console(stderr=False)
errors = _Console(stderr=True)


def _spelt(error: UnicodeError) -> tuple[str, int]:
    """The error handler for characters that a stream's encoding lacks: in other letters, or as escapes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_SPELT.get(c, c.encode("ascii", "backslashreplace").decode()) for c in lacking), error.end


codecs.register_error(_HANDLER, _spelt)


def prepare_streams() -> None:
    """From now on no character is one that standard output or standard error cannot take."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # closed (None), or replaced by something simpler: as it is, then
            stream.reconfigure(errors=_HANDLER)  # type: ignore[union-attr]


def silence(stream: IO[str]) -> None:
    """Whatever is still written to `stream` goes nowhere: nobody reads it, or it cannot be written."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _line(console: Console, text: str) -> str:
    """As it will be seen, so that a table knows its widths."""
    return printable_line(text).encode(console.encoding, _HANDLER).decode(console.encoding)


def say(sentence: str = "") -> None:
    """One line of prose."""
    _out.put(Text(_line(_out, sentence)), fold=True)


def say_place(name: str, place: object) -> None:
    """A path or the like, which can be copied as it is: ``Table: cpu.json``."""
    _out.put(Text(_line(_out, f"{name}: {place}")), fold=False)


def say_json(value: object, *, indent: int | None = None) -> None:
    """One JSON document, for programs.

    Raises:
        ValueError: a number in it is not finite, so that it would be no JSON.
    """
    _out.put(Text(json.dumps(value, indent=indent, allow_nan=False)), fold=False)


def complain(line: str) -> None:
    """One line on standard error."""
    errors.put(Text(_line(errors, line)), fold=False)


def problem(sentence: str) -> None:
    """One sentence on standard error, with the name of the program."""
    errors.put(Text.assemble(("hwnas:", "red"), " ", _line(errors, sentence)), fold=False)


def device_words(device: str) -> tuple[str, ...]:
    """The option that a command on a run's folder needs, where what the folder says of its device is not enough."""
    from hwnas.devices import is_plain

    return () if is_plain(device) else ("--device", device)


def stored_device(card: Mapping[str, object]) -> str:
    """The device of a card in a folder, in a command to try; YOUR_DEVICE where the card's word is not enough."""
    from hwnas.devices import is_plain

    device = str(card["device"])
    return device if is_plain(device) else "YOUR_DEVICE"


def told(**options: object) -> list[object]:
    """Those options that were given, as words of the next command."""
    return [word for name, value in options.items() if value is not None for word in (f"--{name}", value)]


def next_command(words: Sequence[object], purpose: str) -> None:
    """The command to try next, in words that a shell takes as they are meant, whatever is in them."""
    command = " ".join(_quoted(str(word)) for word in words)
    say()
    _out.put(Text.assemble("Next: ", (_line(_out, command), "bold"), f"  ({_line(_out, purpose)})"), fold=False)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A small table; first column left, the others right."""
    say()
    say(title)
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        drawn.add_column(Text(_line(_out, column)), justify="left" if i == 0 else "right", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(_line(_out, cell)) for cell in row))
    _out.put(drawn, fold=True)


def baseline_speed(slower: float) -> None:
    """What a latency at the baseline speed leaves out, where that is worth a sentence."""
    from hwnas.profiling.verdict import SLOWER

    if slower > SLOWER:
        say(f"That is at the device's baseline speed; it was {slower:.2f} times slower just now.")


def _quoted(word: str) -> str:
    """As a shell takes it; what cannot be shown as ``$'...'``, with escapes."""
    if printable_line(word) == word:
        return shlex.quote(word)
    raw = os.fsencode(word).decode("utf-8", "surrogateescape")
    plain = (c if c.isprintable() and c not in "\\'" else _bytes(c) for c in raw)
    return f"$'{''.join(plain)}'"


def _bytes(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
