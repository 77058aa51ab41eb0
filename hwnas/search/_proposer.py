"""What every strategy shares: the memory of what was asked and told, and never proposing anything twice.

A strategy holds no random state. Each ask draws from a generator made of the seed and the number of
architectures known so far, so the same history gives the same answer in any process, and telling the archive
to a fresh strategy restores it.
"""

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from hwnas.archive import violation
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strategy import Strategy
from hwnas.contracts.trial import Result, Trial

_DRAWS = 20  # rounds of random drawing before a small space is listed in full
_LISTABLE = 200_000  # architectures; listing them takes about a second


class Proposer(Strategy):
    """A strategy that knows its history; subclasses fill in `_propose`.

    Args:
        space: where to search.
        objectives: what is sought, in the order of the columns of `_costs`.
        seed: not negative; two seeds propose differently.
    """

    def __init__(self, space: SearchSpace, objectives: Sequence[Objective], seed: int) -> None:
        self.space = space
        self.objectives = tuple(objectives)
        self.seed = seed
        self._known: set[bytes] = set()  # asked or told
        self._genomes: list[IntArray] = []  # told and successful, in the order told
        self._figures: list[list[float]] = []
        self._violations: list[float] = []

    @abstractmethod
    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:
        """Candidates ``(any, g)``, best first; known ones are passed over, too few are filled up at random."""

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
        """See `Strategy.tell`."""
        for result in results:
            genome = self.space.encode(result.trial.architecture)
            self._known.add(genome.tobytes())
            if result.error is None:
                self._genomes.append(genome)
                self._figures.append([float(result.figures[o.name]) for o in self.objectives])
                self._violations.append(violation(result.figures, self.objectives))

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

    @property
    def _costs(self) -> FloatArray:
        """Told figures, minimised, in their own units: ``(n, m)``."""
        signs = np.array([o.sign for o in self.objectives])
        return np.asarray(np.array(self._figures).reshape(-1, len(self.objectives)) * signs, dtype=np.float64)


def every_genome(space: SearchSpace) -> IntArray:
    """All canonical genomes of a small space, ``(n, g)``."""
    index = {choice.name: i for i, choice in enumerate(space.choices)}

    def depth(i: int) -> int:
        return 1 + max((depth(index[parent]) for parent in space.choices[i].active_if), default=0)

    genomes = np.zeros((1, len(space.choices)), dtype=np.int64)
    for i in sorted(range(len(space.choices)), key=depth):  # parents first, so whether a gene is active is settled
        active = space.active(genomes)[:, i]
        grown = [genomes]
        for option in range(1, len(space.choices[i].options)):
            more = genomes[active].copy()
            more[:, i] = option
            grown.append(more)
        genomes = np.concatenate(grown)
    return genomes
