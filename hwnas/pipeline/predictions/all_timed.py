"""Where a table has every architecture of its space nothing is predicted: each figure is the one that was timed."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.predictor import Prediction
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.predictions.genome_predictor import (
    CONFIDENCE,
    ROWS_BESIDE_OTHERS,
    ROWS_TO_PREDICT,
    GenomePredictor,
    extra_predictors,
    lacking,
)
from hwnas.profiling.table import LatencyTable


class Figures(Protocol):
    """A figure of any architecture of a space, predicted or timed."""

    @property
    def space(self) -> SearchSpace:
        """Of the architectures."""

    def __call__(self, genomes: IntArray) -> Prediction:
        """Of genomes ``(n, g)``."""

    def planned(self, genomes: IntArray) -> FloatArray:
        """What to reckon with ``(n,)``: the figure, or with a confidence the bound that it exceeds no oftener."""


@dataclass(frozen=True)
class AllTimed:
    """A column of a table that has every architecture of its space."""

    space: SearchSpace
    table: LatencyTable
    column: str = "latency_ms"
    sure: bool = False
    confidence: float = CONFIDENCE

    def __call__(self, genomes: IntArray) -> Prediction:
        """The rows of genomes ``(n, g)``."""
        rows = np.array([self._known[genome.tobytes()] for genome in self.space.canonical(genomes)]).reshape(-1, 3)
        return Prediction(rows[:, 0], rows[:, 1], rows[:, 2])

    def planned(self, genomes: IntArray) -> FloatArray:
        """The figure, or where one is to be `sure` the upper end of its interval."""
        prediction = self(genomes)
        return prediction.high if self.sure else prediction.mean

    @cached_property
    def _known(self) -> dict[bytes, tuple[float, float, float]]:
        """Figure, low and high end by canonical genome; only latencies have an interval."""
        timed = {}
        for genome, row in zip(self.table.arrays(self.space)[0], self.table.rows, strict=True):
            figure = float(getattr(row, self.column))
            ends = row.latency_ms_interval if self.column == "latency_ms" else (figure, figure)
            timed[genome.tobytes()] = (figure, *ends)
        return timed


def has_all(table: LatencyTable, space: SearchSpace) -> bool:
    """Whether a space is so small that its table has every architecture and nothing could be learnt from it."""
    if len(table.rows) >= ROWS_TO_PREDICT or table.parts:
        return False
    return len({genome.tobytes() for genome in table.arrays(space)[0]}) == space.count()


def to_time(space: SearchSpace, samples: int, *, with_transfer: bool) -> int:
    """How many architectures to time where `samples` are asked for: of a space too small to learn from, all."""
    least = ROWS_BESIDE_OTHERS if with_transfer else ROWS_TO_PREDICT
    return max(samples, space.count()) if space.count() < least else samples


def figures_of(space: SearchSpace, table: LatencyTable, *, seed: int, confidence: float | None = None) -> Figures:
    """Latencies as a table tells them: predicted, or of a space that it has all of as they were timed.

    Raises:
        InputError: the table is of another space, or has too few rows.
    """
    if has_all(table, space):
        return AllTimed(space, table, sure=confidence is not None and confidence > 0.5)
    return GenomePredictor.of_table(space, table, seed=seed, confidence=confidence)


def extra_figures(space: SearchSpace, table: LatencyTable, columns: Iterable[str], seed: int) -> dict[str, Figures]:
    """One per column of a table beside latency.

    Raises:
        InputError: the device did not tell one of them, or too few rows.
    """
    wanted = list(columns)
    if has_all(table, space) and not lacking(table, wanted):
        return {name: AllTimed(space, table, name) for name in wanted}
    return dict(extra_predictors(space, table, wanted, seed))
