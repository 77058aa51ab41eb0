"""Predictors over the genomes of one space, and their stored form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.predictor import HonestyCard, Prediction
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.predictions.transfer_sources import tables_of
from hwnas.predictors import OfGenomes, features, fit_best
from hwnas.predictors._calibrated import CalibratedPredictor, rows_needed
from hwnas.predictors.transfer import Table
from hwnas.profiling.table import LatencyTable

CONFIDENCE, CONFIDENCE_OF_FEW = 0.95, 0.9  # of intervals; few rows, beside others' tables, allow no more
ROWS_TO_PREDICT, ROWS_BESIDE_OTHERS = rows_needed(CONFIDENCE), rows_needed(CONFIDENCE_OF_FEW)
_AS_LIKELY_AS_NOT = 0.5


@dataclass(frozen=True)
class GenomePredictor:
    """A predictor with the rows it learnt from."""

    space: SearchSpace
    target: str
    relative: bool
    seed: int
    genomes: IntArray
    figures: FloatArray
    fitted: CalibratedPredictor
    confidence: float | None = None
    sources: Sequence[Table] = ()

    @classmethod
    def of_table(
        cls,
        space: SearchSpace,
        table: LatencyTable,
        column: str = "latency_ms",
        *,
        seed: int,
        confidence: float | None = None,
    ) -> "GenomePredictor":
        """Learn a column of a table, beside what the table knows of other devices; errors count as shares of it, unless
        some row has none of it (a small network may add no page of memory).

        Raises:
            InputError: the table is of another space, or has too few rows.
        """
        genomes = table.arrays(space)[0]
        figures = np.array([getattr(row, column) for row in table.rows], dtype=np.float64)
        sources = tables_of(table.transfer_sources, space, column)
        relative = bool((figures > 0).all())
        return cls.fit(
            space,
            column,
            genomes,
            figures,
            relative=relative,
            seed=seed,
            confidence=confidence,
            sources=sources,
        )

    @classmethod
    def fit(
        cls,
        space: SearchSpace,
        target: str,
        genomes: IntArray,
        figures: FloatArray,
        *,
        relative: bool,
        seed: int,
        confidence: float | None = None,
        sources: Sequence[Table] = (),
    ) -> "GenomePredictor":
        """Learn `target` from genomes ``(n, g)`` and figures ``(n,)``; `confidence` is that of `planned`.

        Raises:
            InputError: too few rows.
        """
        rows = features(space, genomes)
        fitted = _fit(space, target, rows, figures, relative=relative, seed=seed, sources=sources)
        return cls(space, target, relative, seed, genomes, figures, fitted, confidence, sources)

    def __call__(self, genomes: IntArray) -> Prediction:
        """Guesses for genomes ``(n, g)``."""
        return self._quick(genomes)

    @cached_property
    def _quick(self) -> OfGenomes:
        return OfGenomes(self.fitted)

    def planned(self, genomes: IntArray) -> FloatArray:
        """What to reckon with: the guess, or with a confidence the bound that the figure exceeds no oftener."""
        return self._quick(genomes).mean if self._bound is None else self._bound(genomes).high

    @cached_property
    def _bound(self) -> OfGenomes | None:
        both_sides = _both_sides(self.confidence)
        if both_sides is None:
            return None
        rows = features(self.space, self.genomes)
        return OfGenomes(
            _fit(
                self.space, self.target, rows, self.figures,
                relative=self.relative, seed=self.seed, sources=self.sources, confidence=both_sides,
            )
        )  # fmt: skip

    @property
    def card(self) -> HonestyCard:
        """How good the guesses are on rows not learnt from."""
        return self.fitted.card

    def save(self, folder: Path) -> None:
        """Model and card, see `Predictor.save`."""
        self.fitted.save(folder / self.target)


def rows_to_plan(confidence: float | None) -> int:
    """Rows from which figures can be `planned` with a confidence."""
    both_sides = _both_sides(confidence)
    return 0 if both_sides is None else rows_needed(both_sides)


def _both_sides(confidence: float | None) -> float | None:
    """The confidence of an interval that leaves out as much below as above; None: the guess itself will do."""
    return None if confidence is None or confidence <= _AS_LIKELY_AS_NOT else 2 * confidence - 1


def lacking(table: LatencyTable, columns: Iterable[str]) -> list[str]:
    """Those of the columns that some row of a table is without."""
    return [name for name in columns if any(getattr(row, name) is None for row in table.rows)]


def extra_predictors(
    space: SearchSpace, table: LatencyTable, columns: Iterable[str], seed: int
) -> dict[str, GenomePredictor]:
    """One per column of a table, such as ``p95_ms``.

    Raises:
        InputError: the device did not tell one of them, or too few rows.
    """
    if missing := lacking(table, columns):
        raise InputError(f"The table of {table.device.device} lacks {', '.join(missing)}; leave that out.")
    return {name: GenomePredictor.of_table(space, table, name, seed=seed) for name in columns}


def _fit(
    space: SearchSpace,
    target: str,
    rows: FloatArray,
    figures: FloatArray,
    *,
    relative: bool,
    seed: int,
    sources: Sequence[Table],
    confidence: float | None = None,
) -> CalibratedPredictor:
    if confidence is None:
        confidence = CONFIDENCE_OF_FEW if sources and len(rows) < ROWS_TO_PREDICT else CONFIDENCE
    return fit_best(
        rows, figures, sources=sources, target_name=target, relative=relative, confidence=confidence, seed=seed,
        space=space,
    )  # fmt: skip
