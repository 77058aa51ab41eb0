"""Results as rows and back."""

import json
import math
from collections.abc import Sequence
from typing import Any

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.trial import Result, Trial

TRIAL = "architecture, fidelity, seed"
TIMING = ("round", "runs", "wall_ms", "reference_wall_ms", "cpu_ms", "reference_cpu_ms", "others_busy")
RESULT = f"{TRIAL}, figures, curve, cost_seconds, error, provenance"


def trial_row(trial: Trial) -> tuple[str, str, int]:
    """The three columns that name a trial."""
    return trial.architecture.to_json(), trial.fidelity, trial.seed


def to_trial(row: Sequence[Any]) -> Trial:
    """From the columns `TRIAL`."""
    return Trial(Architecture(json.loads(row[0])), row[1], row[2])


def result_row(result: Result) -> tuple[Any, ...]:
    """The columns `RESULT`, then device id and code version, which are columns so that they can be asked for.

    Raises:
        InputError: a figure is not finite; a figure that could not be had is an error, said in words.
    """
    broken = [name for name, value in result.figures.items() if not math.isfinite(value)]
    if broken:
        raise InputError(
            f"A result needs finite figures, got {broken[0]} = {result.figures[broken[0]]}; store it as an error."
        )
    return (
        *trial_row(result.trial),
        json.dumps({name: float(value) for name, value in result.figures.items()}, sort_keys=True),
        json.dumps([float(value) for value in result.curve]),
        result.cost_seconds,
        result.error,
        json.dumps(dict(result.provenance), sort_keys=True),
        result.provenance.get("device"),
        result.provenance.get("code"),
    )


def to_result(row: Sequence[Any]) -> Result:
    """From the columns `RESULT`."""
    return Result(
        to_trial(row[:3]),
        figures=json.loads(row[3]),
        curve=tuple(json.loads(row[4])),
        cost_seconds=row[5],
        error=row[6],
        provenance=json.loads(row[7]),
    )
