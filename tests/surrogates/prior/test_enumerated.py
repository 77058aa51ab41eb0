"""The model of small spaces: learns what is no sum of effects, and knows how sure it is."""

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.genomes.listing import every_genome
from hwnas.surrogates.base.proposer import history_of
from hwnas.surrogates.base.seams import Scorer
from hwnas.surrogates.prior.enumerated import Listed, ListedModel
from hwnas.surrogates.prior.pooled import Pooled

CHOICES = [Choice(f"c{i}", ("a", "b", "c", "d"), ordered=False) for i in range(4)]


def weight(genomes: IntArray) -> FloatArray:
    """What the space says of itself."""
    return np.array([0.0, 1.0, 2.5, 3.0])[genomes].sum(axis=1, keepdims=True)


SPACE = SearchSpace(CHOICES, features=weight, feature_names=["weight"])
EVERY = every_genome(SPACE)


def truth(genomes: IntArray) -> FloatArray:
    """Rises, falls and rises: no sum of effects and of products of two says that."""
    total = weight(genomes)[:, 0]
    return np.asarray(total + 4.0 * np.sin(total))


def learnt(scorer: Scorer, genomes: IntArray, *objectives: Objective) -> ListedModel:
    results = [
        Result(Trial(SPACE.decode(g)), {"cost": float(c), "first": float(g[0])})
        for g, c in zip(genomes, truth(genomes), strict=True)
    ]
    return scorer(history_of(SPACE, objectives, results), np.random.default_rng(0))  # type: ignore[return-value]


def test_what_is_no_sum_of_effects_is_learnt_from_alike_architectures() -> None:
    some = EVERY[np.random.default_rng(1).permutation(len(EVERY))[:60]]
    errors = [
        np.abs(learnt(scorer, some, Objective("cost"))(EVERY).mean[:, 0] - truth(EVERY)).mean()
        for scorer in (Listed(SPACE), Pooled(SPACE))
    ]
    assert errors[0] < 0.5 * errors[1]


def test_most_costs_are_where_it_believes_them() -> None:
    some = EVERY[np.random.default_rng(2).permutation(len(EVERY))[:60]]
    (marginal,) = learnt(Listed(SPACE), some, Objective("cost")).marginals(EVERY)
    away = np.abs(marginal.warp(truth(EVERY)) - marginal.mean) / marginal.spread
    assert 0.8 < np.mean(away < 2) <= 1.0


def test_exact_objectives_are_computed_and_sure() -> None:
    some = EVERY[::9]
    objectives = (Objective("cost"), Objective("first", "max", exact=lambda a: float("abcd".index(str(a["c0"])))))
    model = learnt(Listed(SPACE), some, *objectives)
    guess = model(EVERY)
    assert (guess.mean[:, 1] == -EVERY[:, 0]).all()
    assert (guess.spread[:, 1] == 0).all()
    drawn = model.draw(EVERY[:50], 200, np.random.default_rng(0))
    assert drawn.shape == (200, 50, 2)
    assert np.abs(np.median(drawn[:, :, 0], axis=0) - guess.mean[:50, 0]).max() < guess.spread[:50, 0].max()
