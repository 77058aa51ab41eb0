"""CSV with one column per choice and one with latencies, its unit in its name or given: as nn-Meter's kernel data.

What the other columns are is told by `_roles`. Several columns of latencies are several tables, such as devices.
"""

from collections.abc import Mapping, Sequence

from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.formats._figures import latency_columns, milliseconds_per, options, options_seen, positive
from hwnas.formats._format import Format, Imported, Measured, Wishes
from hwnas.formats._roles import Role, roles, shown
from hwnas.formats._source import Source
from hwnas.formats._tabular import TABULAR

_ALIKE = 1.5  # latencies of one architecture may differ so many times before a choice must be missing


class _Columns(Format):
    general = True

    def recognises(self, source: Source) -> bool:
        latencies = latency_columns(source.columns)
        return bool(latencies) and len(source.columns) > len(latencies)

    def tables(self, source: Source) -> list[str]:
        return latency_columns(source.columns)

    def read(self, source: Source, table: str, wishes: Wishes) -> Imported:
        scale = milliseconds_per(table, wishes.unit)
        by_column = roles(source.rows, source.path, wishes.choices, wishes.ignored)
        names = [name for name, role in by_column.items() if role == "choice"]
        if not names:
            raise InputError(
                f"{source.path} has no column that is a choice of a network; name one with --choice, or add it."
            )
        measured_records = [(i, record) for i, record in enumerate(source.records) if record[table]]
        answers = {
            name: options([_answer(source, i, record, name) for i, record in measured_records]) for name in names
        }
        measured = [
            Measured(
                {name: answers[name][k] for name in names},
                scale * positive(record[table], f"Row {i + 1} of {source.path}"),
            )
            for k, (i, record) in enumerate(measured_records)
        ]
        _refuse_missing_choice(source, measured, [record for _, record in measured_records], by_column)
        left_out = len(source.records) - len(measured_records)
        notes = [*shown(by_column), *source.rows.notes]
        notes += [f"{left_out} rows without a {table} were left out."] if left_out else []
        return Imported(TABULAR, {"choices": options_seen(m.architecture for m in measured)}, measured, notes=notes)


def _answer(source: Source, i: int, record: Mapping[str, str], name: str) -> str:
    if not record[name]:
        raise InputError(
            f"Row {i + 1} of {source.path} has nothing in column {quoted(name)}, which is a choice; fill it in, or "
            "leave the row out."
        )
    return record[name]


def _refuse_missing_choice(
    source: Source, measured: Sequence[Measured], records: Sequence[Mapping[str, str]], by_column: Mapping[str, Role]
) -> None:
    """Rows of one architecture that are far apart differ by something: a column that is no choice but should be."""
    first: dict[frozenset[tuple[str, Option]], int] = {}
    for k, figure in enumerate(measured):
        j = first.setdefault(frozenset(figure.architecture.items()), k)
        low, high = sorted((measured[j].latency_ms, figure.latency_ms))
        differing = [
            n for n, r in by_column.items() if r in {"measured", "row name"} and records[j][n] != records[k][n]
        ]
        if high > _ALIKE * low and differing:
            raise InputError(
                f"{source.path} has latencies of {low:g} and {high:g} ms for one network, whose rows differ in column "
                f"{quoted(differing[0])}; say with --choice that it is a choice, or with --ignore that it is not."
            )


columns: Format = _Columns()
