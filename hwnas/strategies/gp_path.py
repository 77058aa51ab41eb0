"""Bayesian optimisation with a path kernel: two cells are alike when the same sequences of operations lead through.

Paths are the encoding of BANANAS (White et al. 2021, arXiv:1910.11858); the kernel is ``exp(-w (1 - Tanimoto))`` of the
two sets of paths, in which isomorphic cells are equal. Else as `gp_hamming`.

Where we differ: a space that is no cell is read as a chain, whose paths are its choices alone and in neighbouring
pairs. Paths are not cut to the most frequent ones.
"""

from collections.abc import Sequence

from hwnas.contracts.choice import Option
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.strategies.surrogate import SurrogateSearch, uniform
from hwnas.surrogates.generators.mutants import near_and_far
from hwnas.surrogates.pickers.acquisition import ExpectedImprovement
from hwnas.surrogates.regressors.distances import path_features, tanimoto
from hwnas.surrogates.regressors.gaussian_process import gaussian_process


def gp_path(
    space: SearchSpace,
    objectives: Sequence[Objective],
    seed: int,
    *,
    paths: Sequence[Sequence[str]] | None = None,
    broken: Option | None = None,
    initial: int = 10,
    pool: int = 300,
    draws: int = 64,
    steps: int = 25,
) -> SurrogateSearch:
    """The strategy.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        paths: names of the choices along each path from input to output; None: the space is a chain.
        broken: the option that interrupts a path, such as ``none``.
        initial: random architectures to begin with.
        pool: candidates of a batch.
        draws: that expected improvement is taken over.
        steps: of the kernel's fit.
    """
    return SurrogateSearch(
        space,
        objectives,
        seed,
        initial=initial,
        start=uniform,
        fit=gaussian_process(tanimoto(path_features(space, paths, broken)), steps=steps),
        generator=near_and_far(pool),
        picker=ExpectedImprovement(draws),
    )
