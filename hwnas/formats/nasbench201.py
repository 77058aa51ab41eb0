"""Cells of NAS-Bench-201 with latencies, as HELP, LatBench (BRP-NAS) and HW-NAS-Bench have them: CSV with a column of
cell strings ``|op~0|+|op~0|op~1|+...``, or JSON from such a string, or from six numbers, to a time.

Numbers count the operations in NAS-Bench-201's order (Dong and Yang, ICLR 2020). The published files themselves are
pickles (``.pt``, ``.pickle``), which are refused: write their numbers as JSON or CSV where you trust them.
"""

import re

from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.formats._figures import latency_columns, milliseconds_per, positive
from hwnas.formats._format import Format, Imported, Measured, Wishes
from hwnas.formats._source import Source
from hwnas.formats._tabular import TABULAR

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ("e10", "e20", "e21", "e30", "e31", "e32")  # of node 1 from node 0, of node 2 from node 0, ...
CELL = {
    "edges": {edge: [int(edge[2]), int(edge[1])] for edge in EDGES},
    "broken": OPERATIONS[0],
    "foldable": [name for name in OPERATIONS if name.startswith("nor_conv")],
}
_NUMBERS = re.compile(r"[\s(\[]*\d+([\s,;]+\d+){5}[\s)\]]*", re.ASCII)
_CELL = re.compile(r"\|\w+~0\|\+\|\w+~0\|\w+~1\|\+\|\w+~0\|\w+~1\|\w+~2\|")


class _NasBench201(Format):
    def recognises(self, source: Source) -> bool:
        return _cell_column(source) is not None or bool(_mapping(source))

    def tables(self, source: Source) -> list[str]:
        return latency_columns(source.columns) if source.records else [""]

    def read(self, source: Source, table: str, wishes: Wishes) -> Imported:
        scale = milliseconds_per(table, wishes.unit)
        if source.records:
            column = _cell_column(source)
            if column is None:
                raise InputError(f"{source.path} has no column of cells like |nor_conv_3x3~0|+...; add one.")
            entries = [(record[column], record[table]) for record in source.records if record[table]]
        else:
            entries = list(_mapping(source).items())
        return Imported(
            TABULAR,
            {"choices": {edge: list(OPERATIONS) for edge in EDGES}, "cell": CELL},
            [Measured(_cell(cell, source), scale * positive(time, f"Cell {quoted(cell)}")) for cell, time in entries],
        )


def _cell_column(source: Source) -> str | None:
    if not source.records:
        return None
    return next((name for name, value in source.records[0].items() if _CELL.fullmatch(value)), None)


def _mapping(source: Source) -> dict[str, str]:
    """Cell to time, where the file is JSON of that kind."""
    content = source.content
    if not isinstance(content, dict) or not content or not all(_is_cell(key) for key in list(content)[:3]):
        return {}
    return content


def _is_cell(text: object) -> bool:
    return isinstance(text, str) and (_CELL.fullmatch(text) or _NUMBERS.fullmatch(text)) is not None


def _cell(text: str, source: Source) -> dict[str, Option]:
    if _CELL.fullmatch(text):
        operations = re.findall(r"(\w+)~", text)
    else:
        numbers = re.findall(r"\d+", text) if _NUMBERS.fullmatch(text) else []
        operations = [OPERATIONS[int(n)] if n in "01234" else n for n in numbers]
    if len(operations) != len(EDGES) or not set(operations) <= set(OPERATIONS):
        raise InputError(f"{source.path} has a cell {quoted(text)}; expected six of {', '.join(OPERATIONS)}.")
    return dict(zip(EDGES, operations, strict=True))


nasbench201 = _NasBench201()
