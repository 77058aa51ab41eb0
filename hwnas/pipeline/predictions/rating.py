"""How good a predictor is, found once: its guesses for rows it had not seen take ten fits.

They are kept under all they depend on (rows, space, code), and so is the predictor itself, in the run's folder.
"""

from collections.abc import Callable
from pathlib import Path

from hwnas.archive import Archive
from hwnas.archive.provenance import digest, versions
from hwnas.archive.records import RatedRecord
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.predictor import HonestyCard
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.predictions.genome_predictor import GenomePredictor
from hwnas.predictors import load


def rated(
    archive: Archive,
    space: SearchSpace,
    target: str,
    genomes: IntArray,
    figures: FloatArray,
    seed: int,
    fit: Callable[[], GenomePredictor],
    folder: Path,
) -> RatedRecord | None:
    """The rating of what `fit` learns from these rows, ``(n, g)`` and ``(n,)``; the predictor itself is in `folder`.

    None when there are too few rows to learn from.
    """
    name = f"{target} {digest(f'{versions()} {space.digest} {target} {seed}', genomes, figures)}"
    stored = archive.record(RatedRecord, name)
    if stored is not None and _is_stored(folder / target, space, stored.card):
        return stored
    try:
        predictor = fit()
    except InputError:
        return None
    predictor.save(folder)
    guesses = predictor.fitted.held_out
    record = RatedRecord(
        target=target,
        card=predictor.card,
        figures=figures.tolist(),
        mean=guesses.mean.tolist(),
        low=guesses.low.tolist(),
        high=guesses.high.tolist(),
    )
    archive.put(name, record)
    return record


def _is_stored(folder: Path, space: SearchSpace, card: HonestyCard) -> bool:
    try:
        return load(folder, space).card == card
    except InputError:
        return False
