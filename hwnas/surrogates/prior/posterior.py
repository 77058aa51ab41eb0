"""What is known of objectives after some measurements: a Gaussian process each, whose prior is made of `effects`.

Models that ask it differ in what they ask it: `enumerated` of every architecture, `pooled` of those an evolution finds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.linalg import cho_solve, solve_triangular

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.base.per_objective import exactly
from hwnas.surrogates.base.seams import History
from hwnas.surrogates.prior.effects import Effects, Part
from hwnas.surrogates.prior.evidence import JITTER, shares_of
from hwnas.surrogates.prior.inputs import inputs
from hwnas.surrogates.prior.marginal import Marginal
from hwnas.surrogates.prior.similarity import Nearness
from hwnas.surrogates.prior.warping import Warp

_NEGLIGIBLE = 1e-3  # of the variance
_TOGETHER = 256  # candidates whose covariances with all that was measured stay in a core's cache

Warping = Callable[[FloatArray, FloatArray, Sequence[int]], Warp]
"""From Gram matrices ``(p, n, n)``, costs ``(n,)`` and degrees ``(p,)`` to a warp."""


class Posterior:
    """One objective's Gaussian process.

    Args:
        parts: the sorts of effects.
        rows: inputs ``(n, f)``.
        costs: minimised, ``(n,)``.
        warping: chooses the warp of the costs.
        nearness: further parts, of architectures that are alike.
        noisy: whether measuring again gives another figure. If not, what no part explains is a trait of each
            architecture of its own, and nobody knows it of those that were not measured.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        rows: FloatArray,
        costs: FloatArray,
        warping: Warping,
        *,
        nearness: Nearness | None = None,
        noisy: bool = False,
    ) -> None:
        self.effects, self.nearness = Effects(parts, rows), nearness
        near = list(nearness.each(rows, np.ones(len(nearness), dtype=np.bool_))) if nearness else []
        grams = np.concatenate([self.effects.grams(), *(kernel[None] for kernel in near)])
        degrees = [part.degree for part in parts] + [2] * len(near)
        self.warp = warping(grams, costs, degrees)
        warped = self.warp(costs)
        self.level, self.scale = float(warped.mean()), float(warped.std()) or 1.0
        target = (warped - self.level) / self.scale
        self.shares = shares_of(grams, target, degrees)
        self.shares[:-1][self.shares[:-1] < _NEGLIGIBLE * self.shares.sum()] = 0.0  # each costs time
        covariance = np.tensordot(self.shares[:-1], grams, 1)
        covariance[np.diag_indices_from(covariance)] += self.shares[-1] + JITTER
        self.root = np.linalg.cholesky(covariance)
        self.rough_root = self.root.astype(np.float32)  # exact enough for how sure it is, and half the work
        self.dual = self.solved(target)
        self.own = 0.0 if noisy else float(self.shares[-1])
        self.doubt = self._doubt()

    def solved(self, targets: FloatArray) -> FloatArray:
        """The inverse of the covariance of what was measured, times targets ``(n,)`` or ``(n, k)``."""
        return np.asarray(cho_solve((self.root, True), targets))

    def _doubt(self) -> float:
        """How much further off than it thinks it is, where one measurement is left out; at least 1.

        In closed form (Rasmussen and Williams 2006, equation 5.12).
        """
        precision = np.diag(self.solved(np.eye(len(self.root))))
        return max(1.0, float(np.sqrt(np.mean(self.dual**2 / precision))))

    def marginal(self, rows: FloatArray) -> Marginal:
        """Of inputs ``(c, f)``."""
        blocks = [self._marginal_of(rows[i : i + _TOGETHER]) for i in range(0, len(rows), _TOGETHER)]
        mean, spread = np.concatenate(blocks, axis=1)
        return Marginal(self.warp, mean, spread)

    def _marginal_of(self, rows: FloatArray) -> FloatArray:
        """Means and standard deviations, warped, ``(2, c)``."""
        parts = len(self.effects.parts)
        covariance, variance = self.effects.cross(rows, self.shares[:parts])
        near = self.shares[parts:-1]
        if self.nearness:
            for share, kernel in zip(near, self.nearness.each(rows, near > 0), strict=True):
                covariance += share * kernel
        half = solve_triangular(self.rough_root, covariance.astype(np.float32).T, lower=True, check_finite=False)
        left = np.maximum(variance + near.sum() - (half**2).sum(axis=0), JITTER) + self.own
        return np.stack([self.level + self.scale * (covariance @ self.dual), self.doubt * self.scale * np.sqrt(left)])


class Posteriors:
    """What a `Model` is made of that is `GivesMarginals`.

    Args:
        history: what was measured.
        space: where is searched; it may have more features than the history's.
        learnt: one for each objective; None: it has an exact function, and is computed.
    """

    def __init__(self, history: History, space: SearchSpace, learnt: Sequence[Posterior | None]) -> None:
        self.history, self.space, self.learnt = history, space, learnt
        self.exact = [exactly(history.space, o) if o.exact is not None else None for o in history.objectives]

    def marginals(self, genomes: IntArray) -> list[Marginal]:
        """See `GivesMarginals`."""
        rows, marginals = inputs(self.space, genomes), list[Marginal]()
        for learnt, exact, sign in zip(self.learnt, self.exact, self.history.signs, strict=True):
            if learnt is not None:
                marginals.append(learnt.marginal(rows))
            elif exact is not None:
                marginals.append(Marginal.exact(sign * np.asarray(exact(genomes))))
        return marginals
