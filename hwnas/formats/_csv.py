"""CSV as it comes: by comma, semicolon or tab; after comments; with decimal commas. What is ambiguous is refused."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.limits import MOST_COLUMNS, MOST_FIELD

_SEPARATORS = (",", ";", "\t")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_DECIMAL_POINT = re.compile(r"[+-]?\d*\.\d+")


@dataclass(frozen=True)
class Rows:
    """The rows of a CSV by column name, and what was done to read them, in sentences."""

    columns: list[str] = field(default_factory=list)
    records: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_csv(path: Path, text: str) -> Rows:
    """What `text`, the content of `path`, says. A column without a name keeps the empty name.

    Raises:
        InputError: a row has other fields than the header, a column name is there twice, quotes do not end, there are
            too many columns or characters in a field, or a column mixes decimal commas and points.
    """
    lines, separator = _without_comments(text)
    header, *rest = _fields(path, lines, separator) or [[]]
    columns = [name.strip() for name in header]
    while len(columns) > 1 and not columns[-1] and not any("".join(row[len(columns) - 1 :]).strip() for row in rest):
        columns.pop()  # each line ends with a separator
    _refuse_columns(path, columns)
    rows = [_fitted(path, i, row, columns) for i, row in enumerate(rest)]
    notes = []
    for i, name in enumerate(columns):
        cells = [row[i] for row in rows]
        if separator != "," and any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells):
            for row, cell in zip(rows, _with_points(path, name, cells), strict=True):
                row[i] = cell
            notes.append(f"Decimal commas in column {quoted(name)} were read as points.")
    return Rows(columns, [dict(zip(columns, row, strict=True)) for row in rows], notes)


def _without_comments(text: str) -> tuple[str, str]:
    """The text from its header on, and what separates its fields.

    Comments before it begin with ``#``; where what follows them is all numbers, as numpy writes it, the last comment
    is the header.
    """
    lines = io.StringIO(text, newline=None).read()  # also of lines that end in a bare CR
    comment = ""
    while lines.startswith("#") or (lines and not lines.partition("\n")[0].strip()):
        first, _, lines = lines.partition("\n")
        comment = first.lstrip("#").strip() or comment
    first, _, rest = lines.partition("\n")
    if stated := re.fullmatch(r"sep=(.)", first.strip("\r")):  # as Excel writes it
        return rest, stated.group(1)
    separator = max(_SEPARATORS, key=lambda s: (first.count(s), -_SEPARATORS.index(s)))
    if comment and all(re.fullmatch(r"[-+.\deE]+", cell.strip()) for cell in first.split(separator)):
        wider = max(_SEPARATORS, key=lambda s: (comment.count(s), -_SEPARATORS.index(s)))
        if comment.count(separator) == first.count(separator) > 0 or wider == separator:
            return f"{comment}\n{lines}", separator
    return lines, separator


def _fields(path: Path, text: str, separator: str) -> list[list[str]]:
    first = text.partition("\n")[0]
    if first.count(separator) >= MOST_COLUMNS:
        raise InputError(
            f"{path} has {first.count(separator) + 1} columns, at most {MOST_COLUMNS} are read; leave out what is no "
            "choice and no latency."
        )
    longest = max((len(line) for line in text.splitlines()), default=0)
    if longest > MOST_FIELD * 4:
        raise InputError(f"{path} has a line of {longest} characters; a latency table has a few hundred.")
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=separator, strict=True))
    except csv.Error as error:
        raise InputError(f"{path} is not a CSV that can be read ({error}); mend its quotes.") from error
    if any(len(cell) > MOST_FIELD for row in rows for cell in row):
        raise InputError(f"{path} has a field of more than {MOST_FIELD} characters; a latency table has short ones.")
    return [row for row in rows if any(cell.strip() for cell in row)]


def _refuse_columns(path: Path, columns: Sequence[str]) -> None:
    twice = [name for i, name in enumerate(columns) if name in columns[:i]]
    if twice:
        raise InputError(f"{path} has the column {quoted(twice[0])} twice; rename or drop one of them.")


def _fitted(path: Path, i: int, row: Sequence[str], columns: Sequence[str]) -> list[str]:
    cells = [cell.strip() for cell in row]
    if len(cells) < len(columns) or any(cells[len(columns) :]):
        raise InputError(
            f"Row {i + 1} of {path} has {len(cells)} fields, the header has {len(columns)}; mend it (numbers with "
            "decimal commas need semicolons between fields, or quotes)."
        )
    return cells[: len(columns)]


def _with_points(path: Path, name: str, cells: Sequence[str]) -> Iterator[str]:
    if any(_DECIMAL_POINT.fullmatch(cell) for cell in cells):
        raise InputError(f"{path} has decimal commas and points in column {quoted(name)}; write all of them alike.")
    for cell in cells:
        yield cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell
