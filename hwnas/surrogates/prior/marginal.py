"""Marginals of a model: for each candidate the normal distribution of one objective, as a warped cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.surrogates.prior.warping import Softened, Warp


@dataclass(frozen=True)
class Marginal:
    """Of ``c`` candidates.

    Args:
        warp: of the costs.
        mean: warped, ``(c,)``.
        spread: standard deviations, warped, ``(c,)``; 0 where the cost is known.
    """

    warp: Warp
    mean: FloatArray
    spread: FloatArray

    @classmethod
    def exact(cls, costs: FloatArray) -> Marginal:
        """Of what can be computed."""
        return cls(Softened(), costs, np.zeros_like(costs))

    @property
    def middle(self) -> FloatArray:
        """Median costs, ``(c,)``."""
        return self.warp.undone(self.mean)

    @property
    def width(self) -> FloatArray:
        """Half of what a standard deviation to both sides spans, in costs, ``(c,)``."""
        return (self.warp.undone(self.mean + self.spread) - self.warp.undone(self.mean - self.spread)) / 2

    def draw(self, k: int, rng: np.random.Generator) -> FloatArray:
        """Independent draws of the costs, ``(k, c)``."""
        return self.warp.undone(self.mean + self.spread * rng.standard_normal((k, len(self.mean))))

    def of(self, at: IntArray) -> Marginal:
        """Of some of the candidates."""
        return Marginal(self.warp, self.mean[at], self.spread[at])

    def below(self, targets: FloatArray) -> FloatArray:
        """Expected distance below targets ``(t,)``, 0 when above, ``(c, t)``."""
        return self.warp.below(targets, self.mean, np.maximum(self.spread, 1e-9))

    def chance(self, targets: FloatArray) -> FloatArray:
        """Chance of being at most the targets ``(t,)``, ``(c, t)``."""
        from scipy.special import ndtr

        away = self.warp(targets) + 1e-9 - self.mean[:, None]
        return np.asarray(ndtr(away / np.maximum(self.spread[:, None], 1e-9)))


@runtime_checkable
class GivesMarginals(Protocol):
    """A `Model` that gives the marginals of single candidates."""

    def marginals(self, genomes: IntArray) -> list[Marginal]:
        """One per objective, of canonical genomes ``(c, g)``."""
