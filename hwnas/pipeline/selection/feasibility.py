"""What cannot end well is refused before anything is evaluated, in words."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.figures import FIGURES, SIZE
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import SPLITS, Task
from hwnas.evaluation.examples import examples_of
from hwnas.pipeline.predictions.all_timed import Figures
from hwnas.pipeline.predictions.genome_predictor import ROWS_BESIDE_OTHERS, rows_to_plan
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.selection.size import stored_values
from hwnas.profiling.table import LatencyTable
from hwnas.spaces._bits import has_bits


def refuse_too_few(space: SearchSpace, samples: int, least: int) -> None:
    """Are enough architectures timed for a predictor of latency, or all that there are?

    Raises:
        InputError: they are not.
    """
    if samples < min(least, space.count()):
        fewer = f", or {ROWS_BESIDE_OTHERS} with --transfer-from" if least > ROWS_BESIDE_OTHERS else ""
        raise InputError(
            f"A search learns latencies from at least {least} timed sub-networks{fewer}, got {samples} samples "
            f"of a space of {space.count():,}; time more, or add choices."
        )


def refuse_too_sure(space: SearchSpace, limits: Limits, rows: int) -> None:
    """Are there enough timed sub-networks for the confidence that is asked for?

    Raises:
        InputError: there are not.
    """
    least = rows_to_plan(limits.confidence)
    if rows < min(least, space.count()):
        raise InputError(
            f"A latency budget kept with a confidence of {limits.confidence:g} is learnt from at least {least} timed "
            f"sub-networks, got {rows}; time so many with --samples, or be less sure with --confidence."
        )


def refuse_int8(device: Device) -> None:
    """Would the models handed out be others than those that were timed?

    Raises:
        InputError: they would.
    """
    if device.card().precision == "int8":
        raise InputError(
            "A search hands out float32 models, got a device that times their INT8 versions; search without "
            "precision=int8, and take the INT8 version of what is found with `hwnas export --bundle`."
        )


def refuse_idle_transfer(device: Device, tables: Sequence[Path]) -> None:
    """Are there tables to start from where nothing is timed?

    Raises:
        InputError: there are.
    """
    if tables and not device.card().timed:
        raise InputError(
            f"{device.card().device} is a table, whose latencies are taken as they are, got tables to transfer from "
            "beside it; leave those out."
        )


def refuse_missing_images(task: Task) -> None:
    """Is everything there? The `report` split is only looked at in the end, which may be hours away.

    Raises:
        InputError: it is not.
    """
    for split in SPLITS:
        examples_of(task, split)


def refuse_too_large(space: SearchSpace, limits: Limits, seed: int) -> None:
    """Does no known sub-network keep a limit on a figure that is exact? Only a space that tells costs can say.

    Raises:
        PromiseError: it has.
        InputError: the size of a file is limited or an objective, and not known of layers in INT8.
    """
    if space.costs is None and has_bits(space) and SIZE in limits.sought:
        raise InputError(
            f"How large files with layers in INT8 are is known only of a space that tells its costs, and {space.name!r}"
            " does not, as with input sizes as a choice; leave the size out, or choose no bits."
        )
    exact = [figure for figure in FIGURES if figure.known == "exact" and figure.name in limits.bounds]
    if not exact or space.costs is None:
        return
    genomes = np.vstack([space.encode(space.smallest), _many(space, seed)])
    costs = {**space.costs(genomes), "params": stored_values(space, genomes)}
    for figure in exact:
        limit, possible = limits.bounds[figure.name], figure.per_cost * costs[figure.cost]
        best = float(possible.min() if figure.direction == "min" else possible.max())
        if not figure.keeps(best, limit):
            raise PromiseError(
                f"No sub-network of {space.name!r} keeps {figure.bound} = {limit:,.0f}: by its {figure.cost} alone the "
                f"nearest has {best:,.0f}, {abs(best - limit):,.0f} too {'many' if best > limit else 'few'}. Another "
                "space would help."
            )


def refuse_too_slow(limits: Limits, table: LatencyTable, latency: Figures, seed: int) -> None:
    """Is even the fastest known sub-network too slow?

    Raises:
        PromiseError: it is.
    """
    if limits.latency_ms is None:
        return
    fastest = min(table.rows, key=lambda row: row.latency_ms)
    possible = min(fastest.latency_ms_interval[0], float(latency(_many(latency.space, seed)).low.min()))
    if possible > limits.latency_ms:
        raise PromiseError(
            f"No sub-network of {latency.space.name!r} takes at most {limits.latency_ms:g} ms on "
            f"{table.device.device}: the fastest timed takes {fastest.latency_ms:.3g} ms, "
            f"{fastest.latency_ms - limits.latency_ms:.3g} ms too long. More threads, a faster device or a "
            "space of smaller networks would help."
        )


def _many(space: SearchSpace, seed: int) -> IntArray:
    return space.sample(20_000, np.random.default_rng(seed))
