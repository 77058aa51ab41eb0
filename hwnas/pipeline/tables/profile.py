"""A latency table of its own, without a supernet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwnas.archive import Archive
from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError
from hwnas.contracts.outputs import outputs
from hwnas.contracts.predictor import HonestyCard
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices import open_device
from hwnas.genomes.sampling import draw
from hwnas.pipeline.open import space_at
from hwnas.pipeline.predictions.genome_predictor import ROWS_TO_PREDICT, GenomePredictor
from hwnas.pipeline.predictions.transfer_sources import read_transfer_sources
from hwnas.pipeline.tables.extend import extend, next_genomes
from hwnas.pipeline.tables.reuse import name_of, still_true
from hwnas.pipeline.tables.time_architectures import Progress, profile_space
from hwnas.pipeline.tables.which_to_time import informative_genomes
from hwnas.predictors import timings_needed
from hwnas.profiling.presets import find_preset
from hwnas.profiling.table import LatencyTable, TransferSource

WEAK = 0.03  # a mean error from which a predictor asks for more timings: by then neighbours in size are mistaken


@dataclass(frozen=True)
class Profiled:
    """The table, where it lies, how well it predicts (None when it has too few rows to tell), what would help, and how
    many more timings that are.
    """

    table: LatencyTable
    path: Path
    card: HonestyCard | None
    advice: str | None = None
    more: int | None = None


def profile_to_file(
    device: str,
    space: str,
    output: Path | None,
    *,
    samples: int,
    preset: str,
    seed: int,
    even_unusable: bool,
    progress: Progress,
    transfer_from: Sequence[Path] = (),
    more: int | None = None,
    force: bool = False,
) -> Profiled:
    """Time a space (by its name, or that of a run's supernet) and write the table to `output`.

    With tables of other devices to `transfer_from` (files, or folders of them), it starts from what they tell. With
    `more`, so many rows are added to the table that is there, which must be of this space and device.

    The raw timings are kept in a database beside it, so a killed call continues; so does one that was finished, unless
    that was long ago and the table no longer holds: then everything is timed anew.

    Raises:
        InputError: a name is unknown, or `output` is a folder, cannot be written, or is somebody's own (see `force`).
        DeviceError: the device fails, or the table is unusable and not wanted even so.
    """
    searched = space_at(space)
    target = open_device(device)
    path = output or Path(re.sub(r"[^\w.=-]+", "-", f"{Path(space).name}-{device}") + ".json")
    path.parent.mkdir(parents=True, exist_ok=True)
    with outputs([path], force=force or more is not None):  # rows are added to the table that is named
        return _profile(searched, target, path, samples, preset, seed, even_unusable, progress, transfer_from, more)


def _profile(
    searched: SearchSpace,
    target: Device,
    path: Path,
    samples: int,
    preset: str,
    seed: int,
    even_unusable: bool,  # noqa: FBT001  as asked
    progress: Progress,
    transfer_from: Sequence[Path],
    more: int | None,
) -> Profiled:
    if more is not None:
        with Archive(path.with_suffix(".timings.db")) as archive:
            earlier = LatencyTable.read(path)
            table = extend(earlier, searched, target, archive, next_genomes(earlier, searched, more), progress)
        table.write(path, even_unusable=even_unusable)
        return _rated(table, path, searched, seed)
    sources = read_transfer_sources(transfer_from, searched, target.card())
    before = _same_asked(path, searched, target, samples, preset, seed, sources)
    held = before and still_true(before, searched, target, progress)
    with Archive(path.with_suffix(".timings.db")) as archive:
        table = held or profile_space(
            searched,
            target,
            archive,
            samples=samples,
            preset=find_preset(preset),
            seed=seed,
            progress=progress,
            extra=True,
            refused=name_of(before) if before else None,
            sources=sources,
        )
    table.write(path, even_unusable=even_unusable)
    return _rated(table, path, searched, seed)


def _rated(table: LatencyTable, path: Path, space: SearchSpace, seed: int) -> Profiled:
    """How well it predicts, and what a weak predictor asks for."""
    try:
        predictor = GenomePredictor.of_table(space, table, seed=seed)
    except InputError:
        return Profiled(table, path, None)
    have = len(table.rows)
    if predictor.card.mean_error <= WEAK:
        return Profiled(table, path, predictor.card)
    if have < ROWS_TO_PREDICT:
        advice = f"{have} timings are too few to tell how many would bring the mean error to {WEAK:.1%}; time 30."
        return Profiled(table, path, predictor.card, advice, 30 - have)
    enough = timings_needed(predictor.fitted, WEAK)
    more = None if enough.rows is None or enough.rows <= have else enough.rows - have
    return Profiled(table, path, predictor.card, enough.sentence(have), more)


def _same_asked(
    path: Path,
    space: SearchSpace,
    device: Device,
    samples: int,
    preset: str,
    seed: int,
    sources: Sequence[TransferSource],
) -> LatencyTable | None:
    """The table at `path` if it is the answer to the same question; more rows than asked for are no harm."""
    try:
        table = LatencyTable.read(path)
    except InputError:
        return None
    if not table.is_of(space) or table.transfer_sources != list(sources):
        return None
    asked = informative_genomes(space, sources, samples, seed) if sources else draw(space, samples, seed)
    same = (table.device.id, table.protocol.preset, table.protocol.seed) == (device.card().id, preset, seed)
    return table if same and np.array_equal(table.arrays(space)[0][: len(asked)], asked) else None
