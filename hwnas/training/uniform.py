"""One uniformly drawn sub-network per step, trained on the task's loss.

Single path one-shot training (Guo et al., "Single Path One-Shot Neural Architecture Search with Uniform Sampling",
ECCV 2020): the loop with every seam at its default.
"""

from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import Method


def uniform(space: SearchSpace) -> Method:  # noqa: ARG001  the defaults do for any
    """The method for `space`."""
    return Method("uniform")
