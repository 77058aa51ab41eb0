"""Bayesian optimisation in the manner of Vizier (Song et al. 2024, arXiv:2408.11527): optimism first, then exploration.

A Gaussian process with a Matérn 5/2 kernel and a length scale per gene, on figures whose worse half is warped: how bad
the bad ones are does not matter, so they are placed by rank alone, as the lower half of a bell curve as wide as the
better half. The first of a batch has the best upper
confidence bound, mean + 1.8 standard deviations; the others are where the process knows least, among candidates that
could still be as good as the best: pure exploration in the region whose bound reaches the mean of the first.

Where we differ: several objectives share the picks by random weights (`acquisition`), the region likewise; candidates
are mutants and random architectures, not an "eagle" swarm; the trust region is left out, since mutants of the best are
near what was measured anyway; picks of a batch condition the spread, which is Vizier's "completed and pending".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.strategies.surrogate import SurrogateSearch, uniform
from hwnas.surrogates.base.seams import Fit, History, Model, Predict
from hwnas.surrogates.generators.mutants import near_and_far
from hwnas.surrogates.pickers.acquisition import random_weights, scalarised
from hwnas.surrogates.regressors.distances import squares
from hwnas.surrogates.regressors.gaussian_process import gaussian_process


def vizier(
    space: SearchSpace,
    objectives: Sequence[Objective],
    seed: int,
    *,
    initial: int = 10,
    pool: int = 300,
    optimism: float = 1.8,
    region: float = 0.5,
    steps: int = 25,
) -> SurrogateSearch:
    """The strategy; `optimism` and `region` are the coefficients of the two bounds, in standard deviations."""
    return SurrogateSearch(
        space,
        objectives,
        seed,
        initial=initial,
        start=uniform,
        fit=half_warped(gaussian_process(squares(space), "matern52", steps=steps)),
        generator=near_and_far(pool),
        picker=OptimismThenExploration(optimism, region),
    )


def half_warped(fit: Fit) -> Fit:
    """A `Fit` that sees the worse half of the figures by rank."""

    def warped(genomes: IntArray, figures: FloatArray, objective: Objective) -> Predict:
        return fit(genomes, objective.sign * half_rank(objective.sign * figures), objective)

    return warped


def half_rank(costs: FloatArray) -> FloatArray:
    """Costs ``(n,)`` of which those above the median are placed by rank, normally distributed, as wide as the rest."""
    from scipy.stats import norm, rankdata

    middle = np.median(costs)
    width = float(np.sqrt(np.mean((costs[costs <= middle] - middle) ** 2))) or 1.0
    return np.where(costs > middle, middle + width * norm.ppf((rankdata(costs) - 0.5) / len(costs)), costs)


@dataclass(frozen=True)
class OptimismThenExploration:
    """A `Picker`; see the module.

    Args:
        optimism: standard deviations below the mean cost that the first pick counts on.
        region: standard deviations below the mean cost that decide whether a candidate may still be explored.
        draws: functions from which a candidate's spread given the picks is estimated.
    """

    optimism: float = 1.8
    region: float = 0.5
    draws: int = 64

    def __call__(self, history: History, pool: IntArray, model: Model, n: int, rng: np.random.Generator) -> list[int]:
        """See `Picker`."""
        guess = model(pool)
        weights = random_weights(guess.mean.shape[1], rng)
        optimistic = scalarised(history, guess.mean - self.optimism * guess.spread, weights)
        chosen = [int(np.argmin(optimistic))]
        if n == 1:
            return chosen
        drawn = model.draw(pool, self.draws, rng)
        noise = drawn - drawn.mean(axis=0)
        while len(chosen) < min(n, len(pool)):
            weights = random_weights(guess.mean.shape[1], rng)
            first = scalarised(history, guess.mean[chosen[:1]], weights)[0]
            promising = scalarised(history, guess.mean - self.region * guess.spread, weights) <= first
            spread = np.sqrt((_unexplained(noise, chosen) ** 2).mean(axis=0)) @ weights
            spread = np.where(promising, spread, spread - spread.max() - 1.0)
            spread[chosen] = -np.inf
            chosen.append(int(np.argmax(spread)))
        return chosen


def _unexplained(noise: FloatArray, chosen: Sequence[int]) -> FloatArray:
    """What of centred draws ``(k, c, m)`` is left when those of the chosen are known, per objective."""
    left = np.empty_like(noise)
    for i in range(noise.shape[2]):
        chosen_noise = noise[:, list(chosen), i]
        basis = np.linalg.qr(chosen_noise)[0]
        left[:, :, i] = noise[:, :, i] - basis @ (basis.T @ noise[:, :, i])
    return left
