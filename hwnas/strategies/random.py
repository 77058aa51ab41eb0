"""Random search: every choice uniform, nothing twice. The baseline of every other strategy."""

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.surrogates.base.proposer import Proposer


class RandomSearch(Proposer):
    """Uniform over options, hence not over architectures: choices that switch others off weigh more."""

    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:
        return self.space.sample(n, rng)


random = RandomSearch
