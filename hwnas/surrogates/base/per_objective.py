"""The usual scorer: one regressor for each objective; those with an exact function are computed instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import ExactOfMany, Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.base.seams import Drawing, Fit, Guess, History, Predict

FitOf = Callable[[SearchSpace], Fit]


@dataclass(frozen=True)
class PerObjective:
    """A `Scorer` that calls `fit` once for each objective without an exact function."""

    fit: Fit

    def __call__(self, history: History, rng: np.random.Generator) -> ColumnModel:  # noqa: ARG002
        """See `Scorer`."""
        columns = [
            exactly(history.space, o) if o.exact is not None else self.fit(history.genomes, history.figures[:, i], o)
            for i, o in enumerate(history.objectives)
        ]
        return ColumnModel(tuple(history.objectives), columns)


@dataclass(frozen=True)
class ColumnModel:
    """A `Model` of independent columns, one `Predict` per objective."""

    objectives: Sequence[Objective]
    columns: Sequence[Predict]

    def __call__(self, genomes: IntArray) -> Guess:
        """See `Model`."""
        answers = [column(genomes) for column in self.columns]
        mean = np.stack([a[0] if isinstance(a, tuple) else a for a in answers], axis=1).astype(np.float64)
        spread = np.stack([a[1] if isinstance(a, tuple) else np.zeros(len(genomes)) for a in answers], axis=1).astype(
            np.float64
        )
        signs = np.array([o.sign for o in self.objectives])
        return Guess(mean * signs, spread, violations(mean, self.objectives))

    def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:
        """See `Model`."""
        layers = np.empty((k, len(genomes), len(self.columns)))
        for i, (column, objective) in enumerate(zip(self.columns, self.objectives, strict=True)):
            if isinstance(column, Drawing):
                values = column.draw(genomes, k, rng)
            else:
                answer = column(genomes)
                mean, spread = answer if isinstance(answer, tuple) else (answer, np.zeros(len(genomes)))
                values = mean + spread * rng.standard_normal((k, len(genomes)))
            layers[:, :, i] = objective.sign * np.asarray(values)
        return layers


def violations(figures: FloatArray, objectives: Sequence[Objective]) -> FloatArray:
    """Total violation of the limits by figures ``(c, m)``, as shares of them, ``(c,)``."""
    beyond = np.zeros(len(figures))
    for i, o in enumerate(objectives):
        if o.limit is not None:
            beyond += np.maximum(0.0, o.sign * (figures[:, i] - o.limit)) / max(abs(o.limit), 1e-12)
    return beyond


def exactly(space: SearchSpace, objective: Objective) -> Predict:
    """The objective's own function as a `Predict`: all genomes together where it can, else each architecture once."""
    exact, answers = objective.exact, dict[bytes, float]()
    assert exact is not None  # noqa: S101  the caller looked
    if isinstance(exact, ExactOfMany):
        return exact.of_genomes
    return lambda genomes: each_once(exact, space, genomes, answers)


def each_once(
    figure: Callable[[Architecture], float], space: SearchSpace, genomes: IntArray, computed: dict[bytes, float]
) -> FloatArray:
    """A figure of canonical ``(c, g)``, ``(c,)``; those in `computed`, by genome bytes, are not computed again."""
    rows = np.ascontiguousarray(genomes, dtype=np.int64)
    for row in rows:
        if (name := row.tobytes()) not in computed:
            computed[name] = float(figure(space.decode(row)))
    return np.array([computed[row.tobytes()] for row in rows])
