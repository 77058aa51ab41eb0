"""BANANAS (White et al. 2021, arXiv:1910.11858): an ensemble of small deep networks on path encodings.

Five networks of ten layers of 20, trained anew on absolute errors; their disagreement is the spread. Candidates are
mutants of the best ten, taken by independent Thompson sampling.

Where we differ: inputs as in `gp_path` when the space is no cell; several objectives share the picks by random weights
(`acquisition`); figures are standardised.
"""

from collections.abc import Sequence

from hwnas.contracts.choice import Option
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.strategies.surrogate import SurrogateSearch, uniform
from hwnas.surrogates.generators.mutants import BestMutants
from hwnas.surrogates.pickers.acquisition import ThompsonSampling
from hwnas.surrogates.regressors.distances import path_features
from hwnas.surrogates.regressors.mlp import Training
from hwnas.surrogates.regressors.networks import networks


def bananas(
    space: SearchSpace,
    objectives: Sequence[Objective],
    seed: int,
    *,
    paths: Sequence[Sequence[str]] | None = None,
    broken: Option | None = None,
    initial: int = 10,
    pool: int = 200,
    members: int = 5,
    depth: int = 10,
    width: int = 20,
    epochs: int = 150,
    rate: float = 0.01,
) -> SurrogateSearch:
    """The strategy.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        paths: names of the choices along each path from input to output; None: the space is a chain.
        broken: the option that interrupts a path, such as ``none``.
        initial: random architectures to begin with.
        pool: mutants that a batch is taken from.
        members: networks of the ensemble.
        depth: hidden layers of a network.
        width: of a hidden layer.
        epochs: of training, before every batch.
        rate: step size of Adam.
    """
    how = Training((width,) * depth, members, epochs, rate, loss="absolute")
    return SurrogateSearch(
        space,
        objectives,
        seed,
        initial=initial,
        start=uniform,
        per_round=10,
        fit=networks(path_features(space, paths, broken), how, seed),
        generator=BestMutants(pool),
        picker=ThompsonSampling(),
    )
