"""A latency table of its own, without a supernet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwnas.archive import Archive
from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError
from hwnas.contracts.predictor import HonestyCard
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices import open_device
from hwnas.pipeline._measuring import Progress, profile_space
from hwnas.pipeline._others import read_others
from hwnas.pipeline._predicting import ROWS_TO_PREDICT, GenomePredictor
from hwnas.pipeline._reusing import still_true
from hwnas.pipeline.opening import load_supernet, open_space
from hwnas.predictors import timings_needed
from hwnas.profiling.presets import find_preset
from hwnas.profiling.sampling import draw
from hwnas.profiling.table import KnownDevice, LatencyTable

WEAK = 0.03  # a mean error from which a predictor asks for more timings: by then neighbours in size are mistaken


@dataclass(frozen=True)
class Profiled:
    """The table, where it lies, how well it predicts (None when it has too few rows to tell), and what would help."""

    table: LatencyTable
    path: Path
    card: HonestyCard | None
    advice: str | None = None


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
) -> Profiled:
    """Time a space (by its name, or that of a run's supernet) and write the table to `output`.

    With tables of other devices to `transfer_from` (files, or folders of them), it starts from what they tell.

    The raw timings are kept in a database beside it, so a killed call continues; so does one that was finished, unless
    that was long ago and the table no longer holds: then everything is timed anew.

    Raises:
        InputError: a name is unknown or the file cannot be written.
        DeviceError: the device fails, or the table is unusable and not wanted even so.
    """
    searched = load_supernet(space).space if Path(space).is_dir() else open_space(space)
    target = open_device(device)
    path = output or Path(re.sub(r"[^\w.=-]+", "-", f"{Path(space).name}-{device}") + ".json")
    path.parent.mkdir(parents=True, exist_ok=True)
    others = read_others(transfer_from, searched, target.card())
    before = _same_asked(path, searched, target, samples, preset, seed, others)
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
            further=True,
            anew=before is not None,
            others=others,
        )
    table.write(path, even_unusable=even_unusable)
    try:
        fitted = GenomePredictor.of_table(searched, table, seed=seed)
    except InputError:
        return Profiled(table, path, None)
    return Profiled(table, path, fitted.card, _advice(fitted))


def _advice(predictor: GenomePredictor) -> str | None:
    """What a weak predictor asks for."""
    have = len(predictor.figures)
    if predictor.card.mean_error <= WEAK:
        return None
    if have < ROWS_TO_PREDICT:
        return f"{have} timings are too few to tell how many would bring the mean error to {WEAK:.1%}; time 30 or more."
    return timings_needed(predictor.fitted, WEAK).sentence(have)


def _same_asked(
    path: Path,
    space: SearchSpace,
    device: Device,
    samples: int,
    preset: str,
    seed: int,
    others: Sequence[KnownDevice],
) -> LatencyTable | None:
    """The table at `path` if it is the answer to the same question."""
    try:
        table = LatencyTable.read(path)
    except InputError:
        return None
    asked = (device.card().id, preset, seed, len(draw(space, samples, seed)))
    same = (table.device.id, table.protocol.preset, table.protocol.seed, len(table.rows)) == asked
    return table if same and table.is_of(space) and table.others == list(others) else None
