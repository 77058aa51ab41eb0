"""A cheap score in front of a generator: only the better share of its candidates is looked at any further.

For zero-cost scores (`hwnas.scores`), which need no evaluation but are too slow for every candidate of an
inner evolution: each candidate is scored once, and the score can be anything of which more is better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.finding import find
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.listing import distinct
from hwnas.surrogates.base.per_objective import each_once
from hwnas.surrogates.base.seams import Generator, History, Model

if TYPE_CHECKING:
    from torch import Tensor

Score = Callable[[Architecture], float]

Batch = tuple[np.ndarray, np.ndarray]
"""Inputs ``(b, ...)`` and their labels ``(b,)``."""

_BLIND = ("synflow", "zen")  # scores that look at the shape of the inputs only
_EXAMPLES = 16  # of no content, for those


@dataclass
class Scored:
    """Scores of architectures, each computed once.

    Args:
        score: more is better; minus infinity and NaN are worst.
        computed: scores so far, by genome bytes.
    """

    score: Score
    computed: dict[bytes, float] = field(default_factory=dict)

    def __call__(self, space: SearchSpace, genomes: IntArray) -> FloatArray:
        """Of canonical ``(c, g)``, ``(c,)``; also a column to put beside the features of a space."""
        return each_once(self._sorted_last, space, genomes, self.computed)

    def _sorted_last(self, architecture: Architecture) -> float:
        value = float(self.score(architecture))
        return -np.inf if np.isnan(value) else value


def score_of(space: SearchSpace, name: str, examples: Batch | None = None) -> Score:
    """A score of `hwnas.scores` as a function of architectures: of a fresh network, always begun with the same weights.

    Args:
        space: that builds networks of one input.
        name: of the score.
        examples: a batch of the task; without, only scores that look at no data can be had.

    Raises:
        InputError: there is no such score, or it cannot be computed so.
    """
    from torch import from_numpy, manual_seed, random, zeros

    function, build = find("scores", name), space.build
    if build is None or len(space.inputs) != 1:
        raise InputError(
            f"Score {quoted(name)} needs a space that builds networks of one input, got {quoted(space)}; give a "
            "function of architectures instead."
        )
    if examples is None and name not in _BLIND:
        raise InputError(
            f"Score {quoted(name)} looks at data; pass examples=(inputs, labels), or take one of {_BLIND}."
        )
    batch: tuple[Tensor, Tensor]
    if examples is None:
        batch = zeros(_EXAMPLES, *space.inputs[0].shape), zeros(_EXAMPLES).long()
    else:
        batch = from_numpy(examples[0]), from_numpy(examples[1])

    def score(architecture: Architecture) -> float:
        with random.fork_rng(devices=[]):
            manual_seed(0)
            network = build(architecture)
        return float(function(network, *batch))  # type: ignore[operator]  # found by name

    return score


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
