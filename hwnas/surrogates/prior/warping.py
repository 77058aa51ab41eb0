"""Costs made even before they are learnt from: a Gaussian process expects steps of one size everywhere.

Which warp fits is told by the likelihood of what was measured, with the slope of the warp (Snelson et al. 2003).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hwnas.contracts.arrays import FloatArray

_DEEPEST = 1e-3  # of the reach of a logarithm: guesses better than the best by more than the reach end there
_MOST = 40.0  # exponents


class Warp(Protocol):
    """One way. A protocol, since the two have nothing in common but these."""

    def __call__(self, costs: FloatArray) -> FloatArray:
        """Warped, in the same order."""

    def undone(self, warped: FloatArray) -> FloatArray:
        """The costs again."""

    def log_slope(self, costs: FloatArray) -> float:
        """Sum of the logarithms of the slope at what was measured."""

    def below(self, targets: FloatArray, mean: FloatArray, spread: FloatArray) -> FloatArray:
        """By how much costs are expected to be below targets ``(t,)``, ``(c, t)``; where above, counted as 0.

        Args:
            targets: costs.
            mean: warped, ``(c,)``.
            spread: standard deviations, warped, ``(c,)``, positive.
        """


@dataclass(frozen=True)
class Softened:
    """Makes hopeless values less loud: far on the bad side costs grow as their logarithm.

    A network that does not learn at all is ten times as far from the others as they are from one another; where it
    is exactly says nothing about the front.

    Args:
        limit: up to which costs stay as they are.
        reach: how far beyond it a step counts half.
    """

    limit: float = np.inf
    reach: float = 1.0

    def __call__(self, costs: FloatArray) -> FloatArray:
        """See `Warp`."""
        beyond = np.maximum(costs - self.limit, 0.0)
        return np.asarray(np.minimum(costs, self.limit) + self.reach * np.log1p(beyond / self.reach))

    def undone(self, warped: FloatArray) -> FloatArray:
        """See `Warp`."""
        beyond = np.minimum(np.maximum(warped - self.limit, 0.0) / self.reach, 50.0)
        return np.asarray(np.minimum(warped, self.limit) + self.reach * np.expm1(beyond))

    def log_slope(self, costs: FloatArray) -> float:
        """See `Warp`."""
        return -float(np.log1p(np.maximum(costs - self.limit, 0.0) / self.reach).sum())

    def below(self, targets: FloatArray, mean: FloatArray, spread: FloatArray) -> FloatArray:
        """See `Warp`; of targets among the hopeless the warped distance counts."""
        from scipy.special import ndtr

        away = (self(targets) - mean[:, None]) / spread[:, None]
        density = np.exp(-0.5 * away**2) / np.sqrt(2 * np.pi)
        return np.asarray(spread[:, None] * (away * ndtr(away) + density))


@dataclass(frozen=True)
class Logarithmic:
    """The logarithm of the distance from somewhat better than the best: steps near the front count most.

    So are errors of networks: from 6 % to 7 % is as far as from 60 % to 70 %.

    Args:
        origin: the cost whose logarithm would be minus infinity.
        reach: how far the best is from it.
    """

    origin: float
    reach: float

    def __call__(self, costs: FloatArray) -> FloatArray:
        """See `Warp`."""
        return np.asarray(np.log(np.maximum(costs - self.origin, _DEEPEST * self.reach)))

    def undone(self, warped: FloatArray) -> FloatArray:
        """See `Warp`."""
        return np.asarray(self.origin + np.exp(np.minimum(warped, _MOST)))

    def log_slope(self, costs: FloatArray) -> float:
        """See `Warp`."""
        return -float(self(costs).sum())

    def below(self, targets: FloatArray, mean: FloatArray, spread: FloatArray) -> FloatArray:
        """See `Warp`."""
        from scipy.special import ndtr

        away = (self(targets) - mean[:, None]) / spread[:, None]
        expected = np.exp(np.minimum(mean + 0.5 * spread**2, _MOST))[:, None]
        hoped = np.maximum(targets - self.origin, 0.0) * ndtr(away) - expected * ndtr(away - spread[:, None])
        return np.where(targets > self.origin, np.maximum(hoped, 0.0), 0.0)


def softened(costs: FloatArray) -> Softened:
    """Its limit is twice the way from the best of the costs to the median beyond that."""
    middle = float(np.median(costs))
    reach = 2 * (middle - float(costs.min())) or float(np.ptp(costs)) or 1.0
    return Softened(middle + reach, reach)


def logarithmic(share: float) -> Callable[[FloatArray], Logarithmic]:
    """Its reach is this share of the way from the best to the median of the costs."""

    def made(costs: FloatArray) -> Logarithmic:
        best = float(costs.min())
        reach = share * (float(np.median(costs)) - best) or float(np.ptp(costs)) or 1.0
        return Logarithmic(best - reach, reach)

    return made


WARPS: tuple[Callable[[FloatArray], Warp], ...] = (softened, logarithmic(0.25), logarithmic(1.0))
"""From costs ``(n,)`` to a warp of them."""
