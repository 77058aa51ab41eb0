"""A surrogate search with a zero-cost score (Abdelfattah et al. 2021, arXiv:2101.08134) as a feature or as a filter.

A score says something of an untrained network (`hwnas/scores/`), or is any other function of an architecture that
costs little. As a *feature* it stands beside the genes, and what it is worth is found by what is measured. As a
*filter* it is trusted: only the share of the candidates that it likes best is predicted. With several objectives it
drops the ends of the front that the score does not like, which a feature does not.

Scoring takes milliseconds, too long for an inner evolution, so a batch is taken from some hundred candidates: all there
are, or mutants of the front and random architectures. Else as `surrogate`. What the scores are worth on MicroBench is
in ``docs/scores.md``.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.words import one_of
from hwnas.strategies.surrogate import SurrogateSearch
from hwnas.surrogates.generators.evolved import Everything
from hwnas.surrogates.generators.filtered import Batch, Filtered, Score, Scored, score_of
from hwnas.surrogates.generators.mutants import near_and_far
from hwnas.surrogates.prior.enumerated import Listed
from hwnas.surrogates.prior.inputs import with_features


def zero_cost(
    space: SearchSpace,
    objectives: Sequence[Objective],
    seed: int,
    *,
    score: str | Score = "synflow",
    use: Literal["feature", "filter"] = "feature",
    keep: float = 0.3,
    candidates: int = 200,
    examples: Batch | None = None,
    initial: int = 12,
) -> SurrogateSearch:
    """The strategy.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        score: one of `hwnas/scores/`, for spaces that build networks, or any function of which more is better.
        use: as what.
        keep: share of the candidates that pass the filter.
        candidates: that are scored for a batch.
        examples: a batch of the task's inputs and labels; synflow and zen need none.
        initial: architectures measured before anything is predicted.
    """
    one_of("the use of a zero-cost score", use, ("feature", "filter"))
    scored = Scored(score_of(space, score, examples) if isinstance(score, str) else score)
    pool = Everything() if space.count() <= candidates else near_and_far(candidates)
    return SurrogateSearch(
        space,
        objectives,
        seed,
        scorer=Listed(with_score(space, scored) if use == "feature" else space),
        generator=Filtered(pool, scored, keep if use == "filter" else 1.0, candidates),
        initial=initial,
    )


def with_score(space: SearchSpace, scored: Scored) -> SearchSpace:
    """The space with two features more: the score, 0 where it is not finite, and whether it is."""

    def more(genomes: IntArray, _: FloatArray) -> FloatArray:
        values = scored(space, genomes)
        finite = np.isfinite(values)
        return np.stack([np.where(finite, values, 0.0), finite], axis=1)

    return with_features(space, more)
