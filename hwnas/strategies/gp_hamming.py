"""Bayesian optimisation with a Gaussian process on genes: kernel ``exp(-sum of [gene differs] / its length)``.

The plain Bayesian baseline: every gene has a length scale of its own, found from the data. Candidates are mutants of
the best and random architectures; the batch is taken by expected improvement over joint draws (Wilson et al. 2018),
with random weights of the objectives for every pick (ParEGO, Knowles 2006), so several objectives and limits work.
"""

from collections.abc import Sequence

from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.strategies.surrogate import SurrogateSearch, uniform
from hwnas.surrogates.generators.mutants import near_and_far
from hwnas.surrogates.pickers.acquisition import ExpectedImprovement
from hwnas.surrogates.regressors.distances import hamming
from hwnas.surrogates.regressors.gaussian_process import gaussian_process


def gp_hamming(
    space: SearchSpace,
    objectives: Sequence[Objective],
    seed: int,
    *,
    initial: int = 10,
    pool: int = 300,
    draws: int = 64,
    steps: int = 25,
) -> SurrogateSearch:
    """The strategy; `pool` candidates, `draws` of expected improvement, `steps` of the kernel's fit."""
    return SurrogateSearch(
        space,
        objectives,
        seed,
        initial=initial,
        start=uniform,
        fit=gaussian_process(hamming(space), steps=steps),
        generator=near_and_far(pool),
        picker=ExpectedImprovement(draws),
    )
