"""Cohorts that are halved rung by rung: what successive halving, Hyperband and BOHB share."""

from abc import abstractmethod
from collections.abc import Sequence
from itertools import islice

import numpy as np

from hwnas.strategies._fidelities.halving import Halving


class Brackets(Halving):
    """Cohort after cohort; of each, the best 1/eta of a rung go on once the whole rung is answered.

    While a rung waits for answers the next cohort is begun, so any number of trials can be asked for. Arguments as
    `Halving`.
    """

    _closed = 0  # cohorts before this one are through
    _closed_sizes = 0  # and had so many members together

    @abstractmethod
    def _cohort(self, number: int) -> tuple[int, int]:
        """The rung a cohort begins on, and how many are in it."""

    def _next(self, rng: np.random.Generator) -> tuple[bytes, int] | None:
        number, first = self._closed, self._closed_sizes
        while first < len(self._fresh):
            start, size = self._cohort(number)
            members = list(islice(self._fresh, first, first + size))
            complete = len(members) == size or self._spent
            step, through = self._further(members, start) if complete else (None, False)
            if step is not None:
                return step
            if through and number == self._closed and len(members) == size:
                self._closed, self._closed_sizes = number + 1, first + size
            number, first = number + 1, first + size
        # Begins a cohort, or fills the last one: whichever the number of those so far makes of it.
        number = number - 1 if first > len(self._fresh) else number
        name = self._new(rng)
        return None if name is None else (name, self._cohort(number)[0])

    def _further(self, members: Sequence[bytes], start: int) -> tuple[tuple[bytes, int] | None, bool]:
        """The next promotion within a cohort, if there is one, and whether the cohort is through.

        Members are ranked among themselves: among all of the rung, later answers could change who was the best.
        """
        for rung in range(start, self.top):
            if not all(name in self._told[rung] for name in members):
                return None, False
            chosen = self.ranked(members, rung)[: max(1, len(members) // self.eta)]
            for name in chosen:
                if name not in self._asked[rung + 1]:
                    return (name, rung + 1), False
            members = chosen
        return None, all(name in self._told[self.top] for name in members)
