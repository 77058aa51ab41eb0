"""Where one surrogate strategy differs from the next: what it learns, which candidates it looks at, what it takes.

A *scorer* learns from the history and gives a model; a *generator* gives a pool of candidates nobody has measured;
a *picker* takes a batch from the pool. `SurrogateSearch` joins one of each. All three are plain functions of what
they are handed: no state, and every random draw is from the generator handed in, so a history and a seed always
give the same batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np

from hwnas.archive import non_dominated
from hwnas.contracts.arrays import BoolArray, FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace


@dataclass(frozen=True)
class History:
    """What was measured at full fidelity, each architecture once, in the order first told; failures left out.

    Args:
        space: where is searched.
        objectives: what is sought, in the order of the columns.
        genomes: canonical, ``(n, g)``.
        figures: means over the repeats, in their own units, ``(n, m)``.
        repeats: how often each was measured, ``(n,)``.
        violations: of the limits, by the means, ``(n,)``; 0 when within all.
        known: bytes of all genomes (int64) asked or told, failed and unanswered ones included.
        noise: standard deviation of one measurement by the repeats, ``(m,)``; 0 where nothing was repeated.
    """

    space: SearchSpace
    objectives: Sequence[Objective]
    genomes: IntArray
    figures: FloatArray
    repeats: IntArray
    violations: FloatArray
    known: Set[bytes]
    noise: FloatArray

    def __len__(self) -> int:
        return len(self.genomes)

    @cached_property
    def signs(self) -> FloatArray:
        """What turns figures into costs, ``(m,)``."""
        return np.array([o.sign for o in self.objectives])

    @cached_property
    def costs(self) -> FloatArray:
        """Figures, minimised, ``(n, m)``."""
        return np.asarray(self.figures * self.signs, dtype=np.float64)

    @cached_property
    def front(self) -> BoolArray:
        """Which rows nothing dominates, ``(n,)``."""
        return non_dominated(self.costs, self.violations)

    def unseen(self, genomes: IntArray) -> BoolArray:
        """Which of the canonical ``(c, g)`` were neither asked nor told, ``(c,)``."""
        rows = np.ascontiguousarray(genomes, dtype=np.int64)
        return np.array([row.tobytes() not in self.known for row in rows], dtype=np.bool_)


@dataclass(frozen=True)
class Guess:
    """What a model thinks of ``c`` candidates.

    Args:
        mean: minimised costs ``(c, m)``.
        spread: standard deviation of the same, ``(c, m)``; 0 for what is exact, or when the model cannot say.
        violations: of the limits, by the means, ``(c,)``; 0 when within all.
    """

    mean: FloatArray
    spread: FloatArray
    violations: FloatArray


class Model(Protocol):
    """A fitted scorer. A protocol, since any object with these two will do."""

    def __call__(self, genomes: IntArray) -> Guess:
        """What it thinks of canonical genomes ``(c, g)``."""

    def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:
        """Costs of ``k`` functions that agree with what was learnt, ``(k, c, m)``; joint over the candidates
        where the model knows how, else independent.
        """


@runtime_checkable
class Imagining(Protocol):
    """A `Model` that can be sure of one of the functions it holds possible."""

    def imagined(self, rng: np.random.Generator) -> Model:
        """One drawn from all that agree with what was learnt."""


Scorer = Callable[[History, np.random.Generator], Model]
"""Learns. Called once per batch, with at least two rows of history."""

Generator = Callable[[History, Model, np.random.Generator], IntArray]
"""Candidates ``(c, g)``, canonical; known ones and repeats are dropped afterwards."""

Picker = Callable[[History, IntArray, Model, int, np.random.Generator], Sequence[int]]
"""Takes at most n rows of a pool ``(c, g)`` of distinct unseen candidates: their numbers, best first."""

Values = FloatArray | tuple[FloatArray, FloatArray]
"""Figures ``(c,)`` in their own unit, alone or with their standard deviations ``(c,)``."""

Predict = Callable[[IntArray], Values]
"""Guesses one figure of genomes ``(c, g)``; one that is `Drawing` can also say how its guesses hang together."""


@runtime_checkable
class Drawing(Protocol):
    """A `Predict` that knows how its guesses hang together."""

    def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:
        """Figures ``(k, c)`` of k functions that agree with what was learnt."""


Fit = Callable[[IntArray, FloatArray, Objective], Predict]
"""Learns one measured objective from genomes ``(n, g)`` and figures ``(n,)``; see `PerObjective`."""
