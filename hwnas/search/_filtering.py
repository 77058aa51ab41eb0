"""A cheap score in front of a generator: only the better share of its candidates is looked at any further.

For zero-cost scores (`hwnas.scores`), which need no evaluation but are too slow for every candidate of an
inner evolution: each candidate is scored once, and the score can be anything of which more is better.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.search._generating import distinct
from hwnas.search._scoring import each_once
from hwnas.search._seams import Generator, History, Model

Score = Callable[[Architecture], float]


@dataclass
class Scored:
    """Scores of architectures, each computed once.

    Args:
        score: more is better; minus infinity and NaN are worst.
        known: what was computed, by genome bytes.
    """

    score: Score
    known: dict[bytes, float] = field(default_factory=dict)

    def __call__(self, space: SearchSpace, genomes: IntArray) -> FloatArray:
        """Of canonical ``(c, g)``, ``(c,)``; also a column to put beside the features of a space."""
        return each_once(self._sorted_last, space, genomes, self.known)

    def _sorted_last(self, architecture: Architecture) -> float:
        value = float(self.score(architecture))
        return -np.inf if np.isnan(value) else value


@dataclass(frozen=True)
class Filtered:
    """A `Generator` that passes on the best candidates of another.

    Args:
        generator: whose candidates are scored.
        scored: the score.
        keep: share that is passed on, in (0, 1].
        most: candidates that are scored, drawn from all.
    """

    generator: Generator
    scored: Scored
    keep: float = 0.3
    most: int = 200

    def __post_init__(self) -> None:
        if not 0 < self.keep <= 1 or self.most < 1:
            raise InputError(
                f"A filter keeps a share between 0 and 1 of at least one candidate, got {self.keep} of {self.most}; "
                "correct them."
            )

    def __call__(self, history: History, model: Model, rng: np.random.Generator) -> IntArray:
        """See `Generator`."""
        pool = distinct(self.generator(history, model, rng))
        pool = pool[history.unseen(pool)]
        pool = pool[np.sort(rng.permutation(len(pool))[: self.most])]
        best = np.argsort(-self.scored(history.space, pool), kind="stable")
        return pool[np.sort(best[: max(1, round(self.keep * len(pool)))])]
