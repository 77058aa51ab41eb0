"""CSV with one column per choice and one with latencies, its unit in its name or given: as nn-Meter's kernel data.

A column is a choice unless its name says latency, spread or something else measured. Several columns of latencies are
several tables, such as devices.
"""

import re
from collections.abc import Sequence

from hwnas.contracts.choice import Option
from hwnas.formats._figures import latency_columns, milliseconds_per, option, options_seen, positive
from hwnas.formats._format import Format, Imported, Measured, Wishes
from hwnas.formats._source import Source
from hwnas.formats._tabular import TABULAR

_NO_CHOICE = re.compile(
    r"(^|_)(index|id|idx|name|key|hash|model|file|acc|accuracy|top1|flops|macs|params|energy|memory|std|var|count|runs)(_|$)",
    re.IGNORECASE,
)


class _Columns(Format):
    general = True

    def recognises(self, source: Source) -> bool:
        return bool(latency_columns(source.columns)) and bool(_choices(source.columns))

    def tables(self, source: Source) -> list[str]:
        return latency_columns(source.columns)

    def read(self, source: Source, table: str, wishes: Wishes) -> Imported:
        scale = milliseconds_per(table, wishes.unit)
        names = _choices(source.columns)
        measured = [
            Measured(_answers(record, names), scale * positive(record[table], f"Row {i + 1} of {source.path}"))
            for i, record in enumerate(source.records)
            if record[table]
        ]
        return Imported(TABULAR, {"choices": options_seen(m.architecture for m in measured)}, measured)


def _choices(columns: Sequence[str]) -> list[str]:
    measured = set(latency_columns(columns))
    lowered = [c for c in columns if c not in measured and not re.search(r"(^|_)lat(ency)?(_|$)", c, re.IGNORECASE)]
    return [c for c in lowered if not _NO_CHOICE.search(c)]


def _answers(record: dict[str, str], names: Sequence[str]) -> dict[str, Option]:
    return {name: option(record[name]) for name in names}


columns = _Columns()
