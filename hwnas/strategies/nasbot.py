"""NASBOT (Kandasamy et al. 2018, arXiv:1802.07191): Bayesian optimisation with a transport kernel between networks.

How far two networks are apart is what it costs to move the layers of one onto those of the other (`transport`). The
kernel falls exponentially with these distances and their squares, each with a weight found from the data. Candidates
are what an evolution of small edits to the best gives; the batch is taken by expected improvement.

Where we differ: a space says nothing about layers, so each active choice counts as one, in a chain, unless `layers` is
given; all masses are whole numbers, 1 by default; the kernel is one exponential of the weighted sum instead of a sum of
two; distances are always over the masses; where they give no true covariance it is moved to the nearest one.
"""

from collections.abc import Sequence

from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.strategies.surrogate import SurrogateSearch, uniform
from hwnas.surrogates.generators.mutants import near_and_far
from hwnas.surrogates.pickers.acquisition import ExpectedImprovement
from hwnas.surrogates.regressors.gaussian_process import gaussian_process
from hwnas.surrogates.regressors.transport import Layers, Transport, as_chain


def nasbot(
    space: SearchSpace,
    objectives: Sequence[Objective],
    seed: int,
    *,
    layers: Layers | None = None,
    nus: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8),
    initial: int = 10,
    pool: int = 100,
    draws: int = 64,
    steps: int = 25,
) -> SurrogateSearch:
    """The strategy.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        layers: what a network is made of; None: its active choices, as a chain.
        nus: weights of a layer's place against its option, one distance each.
        initial: random architectures to begin with.
        pool: candidates of a batch; each costs a transport to everything measured and to every other one.
        draws: that expected improvement is taken over.
        steps: of the kernel's fit.
    """
    return SurrogateSearch(
        space,
        objectives,
        seed,
        initial=initial,
        start=uniform,
        fit=gaussian_process(Transport(space, layers or as_chain(space), nus), steps=steps),
        generator=near_and_far(pool, far=5),
        picker=ExpectedImprovement(draws),
    )
