"""A table that somebody else published becomes a latency table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.errors import InputError
from hwnas.contracts.outputs import outputs
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.space_record import SpaceRecord
from hwnas.formats._figures import tells_more
from hwnas.formats._format import Imported, Measured, Wishes, read_published
from hwnas.formats._source import Source
from hwnas.genomes.sampling import draw
from hwnas.pipeline.open import open_space, space_of
from hwnas.profiling.table import (
    LatencyTable,
    PartRecord,
    Protocol,
    Row,
    SourceRecord,
    VerdictRecord,
    summed,
)

UNKNOWN_DEVICE = "an unknown device"
NORMAL_95 = 1.96  # standard errors on either side of a mean that hold the truth in 95 of 100 cases


@dataclass(frozen=True)
class Importing:
    """What to import, and what the file itself may not say.

    Args:
        path: the published file.
        form: its format; None: recognised.
        table: which of the tables in it.
        unit: of its times.
        space: name and settings of the space it is of.
        device: name of the device it was measured on.
        samples: of a table of operators, architectures whose sums become rows.
        choices: columns of a CSV that are choices of the network, where their names do not tell.
        ignored: columns that are none, and not needed.
    """

    path: Path
    form: str | None = None
    table: str | None = None
    unit: str | None = None
    space: str | None = None
    device: str | None = None
    samples: int = 200
    choices: Sequence[str] = ()
    ignored: Sequence[str] = ()


def import_table(asked: Importing, output: Path, *, force: bool = False) -> LatencyTable:
    """Read the file and write the latency table.

    Raises:
        InputError: the file is a pickle, in no known format, or says too little; or `output` cannot be
            written, or is somebody's own and not to be replaced by `force`.
    """
    with outputs([output], force=force):
        table = _imported(asked)
        table.write(output)
    return table


def _imported(asked: Importing) -> LatencyTable:
    source = Source(asked.path)
    parameters = open_space(asked.space).parameters if asked.space else None
    wishes = Wishes(asked.table, asked.unit, parameters, asked.choices, asked.ignored)
    form, name, imported = read_published(source, asked.form, wishes)
    space = space_of(imported.space, imported.parameters)
    parts = [PartRecord(name=p.name, when=dict(p.when), latency_ms=p.latency_ms) for p in imported.parts]
    rows = list(_summed(parts, space, asked.samples) if parts else _measured(imported.measured, space))
    if not rows:
        raise InputError(f"{asked.path} has no latencies in it; check the file.")
    how = "Latencies are sums of its operators." if imported.parts else "Intervals hold the spread it states, if any."
    return LatencyTable(
        space=SpaceRecord.of(space),
        device=_card(asked.device, name, source),
        protocol=Protocol(
            preset="imported", seed=0, min_runs=0, min_seconds=0.0, reference=rows[0].architecture,
            reference_ms=rows[0].latency_ms, baseline_share=0.0, waiting=0.0,
        ),
        verdict=VerdictRecord(
            state="imported", advice=f"How {source.name} was measured is not known here, so check on the device. {how}"
        ),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        rows=rows,
        source=SourceRecord(
            file=asked.path.name, sha256=source.sha256, format=form, table=name, notes=_notes(imported, rows)
        ),
        parts=parts,
    )  # fmt: skip


def _notes(imported: Imported, rows: Sequence[Row]) -> list[str]:
    repeats = len(imported.measured) - len(rows)
    averaged = f"{repeats} rows repeat an architecture of another row; such figures were averaged."
    return [*imported.notes, *([averaged] if imported.measured and repeats else [])]


def _card(device: str | None, table: str, source: Source) -> DeviceCard:
    """A card that says what is not known; a table that names nothing, not even by its file, is of no known device.

    Two such devices are not the same one, so their cards tell them apart.
    """
    unknown, settings = "unknown", {}
    device = device or table or source.name.rpartition(".")[0]
    if device == table and not tells_more(table):
        device, settings = UNKNOWN_DEVICE, {"file_sha256": source.sha256[:12], "table": table}
    return DeviceCard(device, device, 0, 0, unknown, unknown, unknown, 0, precision=unknown, settings=settings)


def _summed(parts: Sequence[PartRecord], space: SearchSpace, samples: int) -> Iterator[Row]:
    for architecture in map(space.decode, draw(space, samples, seed=0)):
        yield _row(space, architecture, [Measured(architecture, summed(parts, architecture))])


def _measured(measured: Sequence[Measured], space: SearchSpace) -> Iterator[Row]:
    """One row per architecture; several figures of one are averaged."""
    same: dict[Architecture, list[Measured]] = {}
    for figure in measured:
        same.setdefault(space.architecture(figure.architecture), []).append(figure)
    for architecture, figures in same.items():
        yield _row(space, architecture, figures)


def _row(space: SearchSpace, architecture: Architecture, figures: Sequence[Measured]) -> Row:
    mean = float(np.mean([figure.latency_ms for figure in figures]))
    runs = sum(figure.runs or 1 for figure in figures)
    spread = max(figure.std_ms or 0.0 for figure in figures)
    has_spread = all(figure.std_ms is not None and figure.runs for figure in figures)
    half = min(NORMAL_95 * spread / runs**0.5, 0.99 * mean) if has_spread else 0.0
    costs = space.costs(space.encode(architecture)[None]) if space.costs else {}
    return Row(
        architecture=dict(architecture),
        latency_ms=mean,
        latency_ms_interval=(mean - half, mean + half),
        rounds=runs,
        **{name: float(costs[name][0]) for name in ("macs", "params") if name in costs},
    )
