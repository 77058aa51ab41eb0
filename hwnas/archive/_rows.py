"""Results, timings and proposals as rows and back. Each row ends in a checksum of its other columns."""

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.trial import Result, Trial

TRIAL = "architecture, fidelity, seed"
TIMING = ("round", "runs", "wall_ms", "reference_wall_ms", "cpu_ms", "reference_cpu_ms", "others_busy")
RESULT = f"{TRIAL}, provenance, figures, curve, cost_seconds, error, device, code, checksum"


def checksum(*values: object) -> int:
    """32 bits that are others where a bit of a row is another (CRC-32 finds every single one, and bursts of 32)."""
    return zlib.crc32(json.dumps(values).encode())


def checked(table: str, row: Sequence[Any]) -> Sequence[Any]:
    """A row without its checksum, which comes last.

    Raises:
        ValueError: the checksum is that of another row.
    """
    if checksum(*row[:-1]) != row[-1]:
        raise ValueError(f"a row of {table} is not as it was written")
    return row[:-1]


def with_checksum(*values: object) -> tuple[object, ...]:
    """A row to be written."""
    return (*values, checksum(*values))


def provenance_text(provenance: Mapping[str, str]) -> str:
    """Canonical JSON: the same provenance is the same text."""
    return json.dumps(dict(provenance), sort_keys=True)


def trial_row(trial: Trial) -> tuple[str, str, int]:
    """The three columns that name a trial."""
    return trial.architecture.to_json(), trial.fidelity, int(trial.seed)


def to_trial(row: Sequence[Any]) -> Trial:
    """From the columns `TRIAL`."""
    return Trial(Architecture(json.loads(row[0])), row[1], row[2])


def result_row(result: Result) -> tuple[Any, ...]:
    """The columns `RESULT`; device id and code version are columns so that they can be asked for.

    Raises:
        InputError: a figure is not finite; a figure that could not be had is an error, said in words.
    """
    broken = [name for name, value in result.figures.items() if not math.isfinite(value)]
    if broken:
        raise InputError(
            f"A result needs finite figures, got {broken[0]} = {result.figures[broken[0]]}; store it as an error."
        )
    return with_checksum(
        *trial_row(result.trial),
        provenance_text(result.provenance),
        json.dumps({name: float(value) for name, value in result.figures.items()}, sort_keys=True),
        json.dumps([float(value) for value in result.curve]),
        float(result.cost_seconds),
        result.error,
        result.provenance.get("device"),
        result.provenance.get("code"),
    )


def to_result(row: Sequence[Any]) -> Result:
    """From the columns `RESULT`.

    Raises:
        ValueError: the row is not as it was written.
    """
    values = checked("results", row)
    return Result(
        to_trial(values[:3]),
        figures=json.loads(values[4]),
        curve=tuple(json.loads(values[5])),
        cost_seconds=values[6],
        error=values[7],
        provenance=json.loads(values[3]),
    )
