"""WeakNAS (Wu et al. 2021, arXiv:2102.10490): many weak predictors in turn, each only good enough to halve the field.

A weak regressor is fitted to everything measured; a batch is drawn at random from the best hundred of a large pool by
its predictions. Drawing at random instead of taking the very best keeps a weak predictor's errors from repeating.

Where we differ: the pool is 10,000 random architectures, not the whole space; the regressor is a network of two
layers of 64 (or ridge) instead of four of 1,000, which are no better on tens of rows and a hundred times slower; with
several objectives the best hundred are by Pareto rank and crowding.
"""

from collections.abc import Sequence
from typing import Literal

from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.words import one_of
from hwnas.strategies.surrogate import SurrogateSearch, uniform
from hwnas.surrogates.generators.evolved import RandomPool
from hwnas.surrogates.pickers.acquisition import BestPredicted
from hwnas.surrogates.regressors.mlp import Training
from hwnas.surrogates.regressors.networks import networks
from hwnas.surrogates.regressors.ridge import ridge_of


def weaknas(
    space: SearchSpace,
    objectives: Sequence[Objective],
    seed: int,
    *,
    initial: int = 10,
    best: int = 100,
    pool: int = 10_000,
    regressor: Literal["network", "ridge"] = "network",
    epochs: int = 100,
) -> SurrogateSearch:
    """The strategy.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        initial: random architectures to begin with.
        best: predictions that a batch is drawn from.
        pool: random architectures that are predicted.
        regressor: what predicts.
        epochs: of the network's training, before every batch.
    """
    one_of("the regressor of WeakNAS", regressor, ("network", "ridge"))
    learnt = networks(space.one_hot, Training(epochs=epochs, decay=1e-4), seed)
    return SurrogateSearch(
        space,
        objectives,
        seed,
        initial=initial,
        start=uniform,
        per_round=10,
        fit=learnt if regressor == "network" else ridge_of(space),
        generator=RandomPool(pool),
        picker=BestPredicted(best),
    )
