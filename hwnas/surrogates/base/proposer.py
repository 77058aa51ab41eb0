"""What every strategy shares: the memory of what was asked and told, and never proposing anything twice.

A strategy holds no random state. Each ask draws from a generator made of the seed and the number of
architectures known so far, so the same history gives the same answer in any process, and telling the archive
to a fresh strategy restores it.
"""

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strategy import Strategy
from hwnas.contracts.trial import Result, Trial
from hwnas.genomes.listing import every_genome, genomes_of
from hwnas.surrogates.base.per_objective import violations
from hwnas.surrogates.base.seams import History
from hwnas.threads import on_one_thread

_DRAWS = 20  # rounds of random drawing before a small space is listed in full
_LISTABLE = 200_000  # architectures; listing them takes about a second


class Proposer(Strategy):
    """A strategy that knows its history; subclasses fill in `_propose`.

    Args:
        space: where to search.
        objectives: what is sought, in the order of the columns of the history.
        seed: not negative; two seeds propose differently.
    """

    def __init__(self, space: SearchSpace, objectives: Sequence[Objective], seed: int) -> None:
        self.space = space
        self.objectives = tuple(objectives)
        self.seed = seed
        self._known: set[bytes] = set()  # asked or told
        self._told: Told = {}  # successful, in the order first told; one row per repeat

    @abstractmethod
    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:
        """Candidates ``(any, g)``, best first; known ones are passed over, too few are filled up at random."""

    @on_one_thread
    def ask(self, n: int) -> list[Trial]:
        """See `Strategy.ask`."""
        rng = np.random.default_rng([self.seed, len(self._known)])
        chosen = self._take_new(self._propose(n, rng), n) if n > 0 else []
        for _ in range(_DRAWS):
            if len(chosen) >= n:
                break
            chosen += self._take_new(self.space.sample(4 * n, rng), n - len(chosen))
        while len(chosen) < n:
            if self.space_size <= _LISTABLE:
                chosen += self._take_new(rng.permutation(every_genome(self.space)), n - len(chosen))
                break
            chosen += self._take_new(self.space.sample(4 * n, rng), n - len(chosen))
        return [Trial(self.space.decode(genome)) for genome in chosen]

    def tell(self, results: Sequence[Result]) -> None:
        """See `Strategy.tell`; figures of a lower fidelity are hints, and left to strategies that know of them."""
        _remember(self.space, self.objectives, results, self._told, self._known)

    @property
    def history(self) -> History:
        """What was told so far."""
        return _history(self.space, self.objectives, self._told, self._known)

    @cached_property
    def space_size(self) -> int:
        """Number of architectures in the space."""
        return self.space.count()

    def _take_new(self, genomes: IntArray, n: int) -> list[IntArray]:
        taken: list[IntArray] = []
        for genome in self.space.canonical(genomes):
            if len(taken) == n:
                break
            if (name := genome.tobytes()) not in self._known:
                self._known.add(name)
                taken.append(genome)
        return taken


Told = dict[bytes, list[list[float]]]
"""Figures by genome, one row for each time it was measured."""


def history_of(space: SearchSpace, objectives: Sequence[Objective], results: Sequence[Result]) -> History:
    """What results say, see `History`."""
    told: Told = {}
    keys: set[bytes] = set()
    _remember(space, objectives, results, told, keys)
    return _history(space, objectives, told, keys)


def _remember(
    space: SearchSpace, objectives: Sequence[Objective], results: Sequence[Result], told: Told, keys: set[bytes]
) -> None:
    for result in results:
        name = space.encode(result.trial.architecture).tobytes()
        keys.add(name)
        if result.error is None and result.trial.fidelity == "full":
            told.setdefault(name, []).append([float(result.figures[o.name]) for o in objectives])


def _history(space: SearchSpace, objectives: Sequence[Objective], told: Told, keys: set[bytes]) -> History:
    rows, m = list(told.values()), len(objectives)
    figures = np.array([np.mean(row, axis=0) for row in rows]).reshape(-1, m)
    return History(
        space,
        objectives,
        genomes_of(told, space),
        figures,
        np.array([len(row) for row in rows], dtype=np.int64),
        violations(figures, objectives),
        keys,
        _noise(rows, m),
    )


def _noise(rows: Sequence[Sequence[Sequence[float]]], m: int) -> FloatArray:
    """Standard deviation within architectures measured more than once, pooled, ``(m,)``."""
    repeated = [np.asarray(row) for row in rows if len(row) > 1]
    if not repeated:
        return np.zeros(m)
    squares = np.sum([((row - row.mean(axis=0)) ** 2).sum(axis=0) for row in repeated], axis=0)
    return np.asarray(np.sqrt(squares / sum(len(row) - 1 for row in repeated)))
