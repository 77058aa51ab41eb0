"""One uniformly drawn sub-network per step, trained on the labels.

Single path one-shot training (Guo et al., "Single Path One-Shot Neural Architecture Search with Uniform Sampling",
ECCV 2020): the loop with every seam at its default.
"""

from hwnas.contracts.search_space import SearchSpace
from hwnas.training._seams import Job, Method


def uniform(space: SearchSpace) -> Method:
    """The method for `space`."""
    return Method("uniform", {}, lambda rng: [Job(space.decode(space.sample(1, rng)[0]), "random")])
