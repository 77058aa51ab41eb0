"""Taking a batch by what its candidates may turn out to be, not only by what is predicted.

Several objectives become one number by an augmented Chebyshev sum of the costs, scaled to the front's extent
(ParEGO, Knowles 2006), with new random weights for every pick; so a batch spreads over the front. With one objective
it is the objective. Violation of the limits is added at ten times the extent.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.surrogates.base.per_objective import violations
from hwnas.surrogates.base.seams import History, Model
from hwnas.surrogates.generators.ranking import best_first
from hwnas.surrogates.pickers.predicted_gain import extent

_PENALTY = 10.0


def random_weights(m: int, rng: np.random.Generator) -> FloatArray:
    """Uniform on the simplex, ``(m,)``."""
    return np.asarray(rng.dirichlet(np.ones(m)))


def scalarised(history: History, costs: FloatArray, weights: FloatArray) -> FloatArray:
    """One number for each of ``(..., m)`` costs, less is better, ``(...)``."""
    low, span = extent(history)
    flat = (costs * history.signs).reshape(-1, costs.shape[-1])
    beyond = violations(flat, history.objectives).reshape(costs.shape[:-1])
    return chebyshev((costs - low) / span, beyond, weights)


def chebyshev(scaled: FloatArray, beyond: FloatArray, weights: FloatArray) -> FloatArray:
    """Augmented Chebyshev sum of scaled costs ``(..., m)`` and their violations ``(...)``, ``(...)``."""
    weighted = weights * scaled
    return np.asarray(weighted.max(axis=-1) + 0.05 * weighted.sum(axis=-1) + _PENALTY * beyond)


def expected_gain(improvements: FloatArray) -> FloatArray:
    """Expected positive part of normal variables with the moments of ``(k, c)`` draws, ``(c,)``."""
    from scipy.stats import norm

    mean, spread = improvements.mean(axis=0), improvements.std(axis=0) + 1e-9
    z = mean / spread
    return np.asarray(spread * (z * norm.cdf(z) + norm.pdf(z)))


@dataclass(frozen=True)
class ExpectedImprovement:
    """A `Picker`: batch expected improvement over joint draws, greedily (Wilson et al. 2018; qNParEGO with several).

    What was measured is drawn too, so a lucky point under noise is no fixed incumbent. Improvements are taken as
    normal, with the mean and spread of the draws: when none of them improves, one that never could (a cell that is
    a measured one in disguise) still ranks behind one that may.

    Args:
        draws: functions the expectation is taken over.
    """

    draws: int = 64

    def __call__(self, history: History, pool: IntArray, model: Model, n: int, rng: np.random.Generator) -> list[int]:
        """See `Picker`."""
        drawn = model.draw(np.concatenate([history.genomes, pool]), self.draws, rng)
        chosen: list[int] = []
        for _ in range(min(n, len(pool))):
            values = scalarised(history, drawn, random_weights(drawn.shape[2], rng))
            of_pool = values[:, len(history) :]
            best = np.minimum(values[:, : len(history)].min(axis=1), of_pool[:, chosen].min(axis=1, initial=np.inf))
            gain = expected_gain(best[:, None] - of_pool)
            gain[chosen] = -np.inf
            chosen.append(int(np.argmax(gain)))
        return chosen


@dataclass(frozen=True)
class UpperConfidence:
    """A `Picker`: the best of the means, each improved by some standard deviations.

    Args:
        optimism: how many.
    """

    optimism: float = 1.0

    def __call__(self, history: History, pool: IntArray, model: Model, n: int, rng: np.random.Generator) -> list[int]:
        """See `Picker`."""
        guess = model(pool)
        hoped = guess.mean - self.optimism * guess.spread
        return _one_by_one(history, lambda: hoped, min(n, len(pool)), rng)


@dataclass(frozen=True)
class ThompsonSampling:
    """A `Picker`: each candidate draws its own value, and the best draws win.

    Independent draws, as BANANAS found best (White et al. 2021): with joint ones a batch would follow one function.
    """

    def __call__(self, history: History, pool: IntArray, model: Model, n: int, rng: np.random.Generator) -> list[int]:
        """See `Picker`."""
        guess = model(pool)

        def draw() -> FloatArray:
            return guess.mean + guess.spread * rng.standard_normal(guess.mean.shape)

        return _one_by_one(history, draw, min(n, len(pool)), rng)


def _one_by_one(history: History, costs: Callable[[], FloatArray], n: int, rng: np.random.Generator) -> list[int]:
    """Numbers of `n` candidates, each the best left by costs ``(c, m)`` asked for anew and new random weights."""
    chosen: list[int] = []
    for _ in range(n):
        asked = costs()
        value = scalarised(history, asked, random_weights(asked.shape[1], rng))
        value[chosen] = np.inf
        chosen.append(int(np.argmin(value)))
    return chosen


@dataclass(frozen=True)
class BestPredicted:
    """A `Picker`: by violation, Pareto rank and crowding of the predicted means, as NSGA-II would select.

    Args:
        among: when not 0, so many of the best are taken, and the batch is drawn from these at random.
    """

    among: int = 0

    def __call__(self, history: History, pool: IntArray, model: Model, n: int, rng: np.random.Generator) -> list[int]:  # noqa: ARG002
        """See `Picker`."""
        guess = model(pool)
        order = best_first(guess.mean, guess.violations)
        if self.among:
            order = rng.permutation(order[: max(self.among, n)])
        return [int(i) for i in order[:n]]
