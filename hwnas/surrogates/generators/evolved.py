"""Where candidates come from: an evolution over predictions, mutants of the front, or chance.

The inner evolution costs no real evaluation, so it is built for speed: all of a generation is varied, scored and
sorted at once, and a genome is told from those seen before by a 64-bit sum of random numbers, one per gene and
option.
"""

from dataclasses import dataclass

import moocore
import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.listing import every_genome
from hwnas.surrogates.base.seams import Guess, History, Imagining, Model
from hwnas.surrogates.genetic.operators import mutated


@dataclass(frozen=True)
class RandomPool:
    """A `Generator` of uniform draws."""

    size: int = 10_000

    def __call__(self, history: History, model: Model, rng: np.random.Generator) -> IntArray:  # noqa: ARG002
        """See `Generator`."""
        return history.space.sample(self.size, rng)


@dataclass(frozen=True)
class Everything:
    """A `Generator` of the whole space, for small ones."""

    def __call__(self, history: History, model: Model, rng: np.random.Generator) -> IntArray:  # noqa: ARG002
        """See `Generator`."""
        return every_genome(history.space)


@dataclass(frozen=True)
class FrontMutants:
    """A `Generator` of mutants of the measured front.

    Args:
        size: how many, before known ones and repeats are dropped.
        genes: expected number of changed genes of each.
    """

    size: int = 2_000
    genes: float = 2.0

    def __call__(self, history: History, model: Model, rng: np.random.Generator) -> IntArray:  # noqa: ARG002
        """See `Generator`."""
        parents = history.genomes[history.front]
        parents = parents[rng.integers(len(parents), size=self.size)]
        rate = min(1.0, self.genes / max(1, int((history.space.sizes > 1).sum())))
        return history.space.canonical(mutated(history.space, parents, rate, rng))


@dataclass(frozen=True)
class Evolved:
    """A `Generator`: evolves from the measured front over the predicted costs; gives everything it scored.

    Args:
        population: survivors of each generation, by constraint violation, Pareto rank, then crowding.
        children: made in each generation.
        generations: how many.
        crossover: probability that a child has two parents, whose genes are then mixed uniformly.
        most: of the best ranks, at most so many are given back; None: everything that was scored.
        near: how far apart two parents may be, as a standard deviation in shares of the population ordered by one
            objective, so that parents resemble one another in size; None: any two.
        warm: start from the measured front and its mutants too, not from random genomes only.
    """

    population: int = 200
    children: int = 400
    generations: int = 30
    crossover: float = 0.9
    most: int | None = None
    near: float | None = None
    warm: bool = True

    def __call__(self, history: History, model: Model, rng: np.random.Generator) -> IntArray:
        """See `Generator`."""
        space = history.space
        codes = rng.integers(-(2**62), 2**62, size=(len(space.choices), int(space.sizes.max())), dtype=np.int64)
        start = space.sample(self.population, rng)
        if self.warm:
            mutants = FrontMutants(self.population, 3.0)(history, model, rng)
            start = np.concatenate([history.genomes[history.front], mutants, start])
        start = start[first_of_each(names(codes, start))]
        seen = np.sort(names(codes, start))
        visited = [(start, (guess := model(start)))]
        alive, at = start, self._survivors(guess)
        alive, guess = alive[at], _part(guess, at)
        for _ in range(self.generations):
            order = np.argsort(guess.mean[:, rng.integers(guess.mean.shape[1])], kind="stable")
            fresh = self._offspring(space, alive[order], rng)
            keys = names(codes, fresh)
            place = np.minimum(np.searchsorted(seen, keys), len(seen) - 1)
            first = first_of_each(keys)
            first = first[seen[place[first]] != keys[first]]
            if not len(first):
                continue
            fresh = fresh[first]
            seen = np.sort(np.concatenate([seen, keys[first]]))
            visited.append((fresh, (guessed := model(fresh))))
            guess = _joined([guess, guessed])
            alive = np.concatenate([alive, fresh])
            at = self._survivors(guess)
            alive, guess = alive[at], _part(guess, at)
        genomes = np.concatenate([g for g, _ in visited])
        if self.most is None or len(genomes) <= self.most:
            return genomes
        return genomes[best_ranks(_joined([g for _, g in visited]), self.most)]

    def _offspring(self, space: SearchSpace, alive: IntArray, rng: np.random.Generator) -> IntArray:
        n = self.children
        first, second = rng.integers(len(alive), size=n), rng.integers(len(alive), size=n)
        if self.near is not None:
            step = np.rint(self.near * len(alive) * rng.standard_normal(n)).astype(np.int64)
            second = np.clip(first + step, 0, len(alive) - 1)
        one, other = alive[first], alive[second]
        mixed = (rng.random(one.shape) < 0.5) & (rng.random((n, 1)) < self.crossover)
        rate = 1.0 / max(1, int((space.sizes > 1).sum()))
        return space.canonical(mutated(space, np.where(mixed, other, one), rate, rng))

    def _survivors(self, guess: Guess) -> IntArray:
        return best_ranks(guess, self.population)


@dataclass(frozen=True)
class Imagined:
    """A `Generator`: what evolutions find over what is expected, and over a function that may be true instead.

    Greed for what is expected never tries an option that once looked bad (Thompson 1933).

    Args:
        evolved: how each is made.
    """

    evolved: Evolved

    def __call__(self, history: History, model: Model, rng: np.random.Generator) -> IntArray:
        """See `Generator`."""
        models = [model, model.imagined(rng)] if isinstance(model, Imagining) else [model]
        return np.concatenate([self.evolved(history, m, rng) for m in models])


def best_ranks(guess: Guess, n: int) -> IntArray:
    """Numbers of the best `n`: the least violation first, then Pareto rank, then the least crowded."""
    if len(guess.mean) <= n:
        return np.arange(len(guess.mean))
    within = np.flatnonzero(guess.violations <= 0)
    if len(within) < n:
        return np.argsort(guess.violations, kind="stable")[:n]
    costs = guess.mean[within]
    rank = np.asarray(moocore.pareto_rank(costs))
    order = np.argsort(rank, kind="stable")
    last = rank[order[n - 1]]
    sure, tied = order[rank[order] < last], order[rank[order] == last]
    tied = tied[np.argsort(-crowding(costs[tied]), kind="stable")]
    return np.asarray(within[np.concatenate([sure, tied])[:n]])


def crowding(costs: FloatArray) -> FloatArray:
    """Crowding distance of each of ``(n, m)`` (Deb et al. 2002), ``(n,)``; the ends of each column are infinite."""
    distance = np.zeros(len(costs))
    for column in costs.T:
        order = np.argsort(column, kind="stable")
        span = column[order[-1]] - column[order[0]]
        distance[order[[0, -1]]] = np.inf
        if span > 0:
            distance[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / span
    return distance


def names(codes: IntArray, genomes: IntArray) -> IntArray:
    """A 64-bit number for each of ``(n, g)``; different ones collide with a chance near 2^-62."""
    with np.errstate(over="ignore"):
        return np.asarray(codes[np.arange(genomes.shape[1]), genomes].sum(axis=1))


def first_of_each(keys: IntArray) -> IntArray:
    """Where each different key stands first, in order."""
    return np.sort(np.unique(keys, return_index=True)[1])


def _part(guess: Guess, at: IntArray) -> Guess:
    return Guess(guess.mean[at], guess.spread[at], guess.violations[at])


def _joined(guesses: list[Guess]) -> Guess:
    return Guess(
        np.concatenate([g.mean for g in guesses]),
        np.concatenate([g.spread for g in guesses]),
        np.concatenate([g.violations for g in guesses]),
    )
