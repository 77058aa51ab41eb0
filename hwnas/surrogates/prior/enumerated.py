"""What `surrogate` learns with where a space is small enough to be looked at in full: as `pooled`, and nearness.

Sums of effects and of products of two leave out what a few choices do only together, such as a cell that loses its
last path. So architectures that are alike in all genes, or in all that the space says of itself, are expected to have
figures alike (`similarity`, weighed by the likelihood beside the other parts). Such a model cannot be collapsed to a
form, but every candidate is known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.base.per_objective import violations
from hwnas.surrogates.base.seams import Guess, History
from hwnas.surrogates.prior.bounded import bounded
from hwnas.surrogates.prior.effects import part_maps
from hwnas.surrogates.prior.evidence import chosen_warp
from hwnas.surrogates.prior.inputs import groups, inputs
from hwnas.surrogates.prior.posterior import Posterior, Posteriors
from hwnas.surrogates.prior.similarity import Nearness


@dataclass(frozen=True)
class Listed:
    """A `Scorer`: one Gaussian process per objective; those with an exact function are computed instead.

    Args:
        space: where is searched; it may have more features than the history's.
    """

    space: SearchSpace

    def __call__(self, history: History, rng: np.random.Generator) -> ListedModel:
        """See `Scorer`; from at most `bounded.MOST` measurements."""
        history = bounded(history, rng)
        parts, rows = part_maps(self.space), inputs(self.space, history.genomes)
        near = Nearness(rows, int(groups(self.space).sum()))
        learnt = [
            None if o.exact is not None else Posterior(parts, rows, costs, chosen_warp, nearness=near, noisy=o.noisy)
            for o, costs in zip(history.objectives, history.costs.T, strict=True)
        ]
        return ListedModel(history, self.space, learnt)


class ListedModel(Posteriors):
    """A `Model` that gives marginals."""

    def __call__(self, genomes: IntArray) -> Guess:
        """See `Model`."""
        marginals = self.marginals(genomes)
        mean = np.stack([b.middle for b in marginals], axis=1)
        beyond = violations(mean * self.history.signs, self.history.objectives)
        return Guess(mean, np.stack([b.width for b in marginals], axis=1), beyond)

    def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:
        """See `Model`; candidates are drawn independently."""
        return np.stack([b.draw(k, rng) for b in self.marginals(genomes)], axis=2)
