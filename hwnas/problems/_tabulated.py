"""A problem whose every answer stands in a table with one row per architecture."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hwnas.archive import front_of
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.problem import Problem
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial


class Tabulated(Problem):
    """Columns of figures over all architectures of a space of unconditional choices.

    Args:
        title: one line for pictures.
        space: whose genomes, the first gene changing fastest, count the rows.
        objectives: names among the columns.
        columns: by name, each ``(space.count(),)``.
    """

    def __init__(
        self, title: str, space: SearchSpace, objectives: Sequence[Objective], columns: Mapping[str, FloatArray]
    ) -> None:
        self.title, self.space, self.objectives, self.columns = title, space, tuple(objectives), dict(columns)
        self._places = np.cumprod([1, *space.sizes[:-1]])

    def rows(self, genomes: IntArray) -> IntArray:
        """Row of each of ``(n, g)`` in the columns, ``(n,)``."""
        return np.asarray(genomes @ self._places)

    def evaluate(
        self, architectures: Sequence[Architecture], trials: Sequence[Trial] | None = None
    ) -> Iterator[dict[str, Any]]:
        """All columns of each architecture; see `Problem.evaluate`."""
        for architecture in [trial.architecture for trial in trials] if trials is not None else architectures:
            row = int(self.space.encode(architecture) @ self._places)
            yield {name: float(column[row]) for name, column in self.columns.items()}

    def front(self, objectives: Sequence[Objective] | None = None) -> list[Result]:
        """The true front, by all rows; see `front_of`."""
        every = np.stack(np.unravel_index(np.arange(self.space.count()), self.space.sizes, order="F"), axis=1)
        everything = [self.space.decode(genome) for genome in every]
        answers = [Result(Trial(a), f) for a, f in zip(everything, self.evaluate(everything), strict=True)]
        return front_of(answers, objectives or self.objectives)
