"""Strategies that look at an architecture cheaply first, and longer only where it is worth it.

A *ladder* is the fidelities from cheap to full, each with its share of what a full evaluation costs: after 3 of 12
epochs a quarter is spent. Going on from a rung costs only the difference, since a training continues where it stood;
the budget of a search counts these shares. What is compared was always measured on the same rung.

Nothing but what was asked and told is remembered, in its order, so telling the archive to a fresh strategy restores
it.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strategy import Strategy
from hwnas.contracts.trial import Result, Trial
from hwnas.genomes.listing import every_genome
from hwnas.surrogates.base.per_objective import violations
from hwnas.surrogates.generators.ranking import best_first
from hwnas.threads import on_one_thread

FULL = "full"
_DRAWS = 20  # rounds of drawing before a small space is listed in full
_LISTABLE = 200_000


class LadderSearch(Strategy):
    """A strategy with fidelities; subclasses fill in `_next`, and may say how new architectures are drawn.

    Args:
        space: where to search.
        objectives: what is sought, at every fidelity; limits are constraints.
        seed: not negative.
        fidelities: names with their shares of the cost of a full evaluation, such as ``{"epoch3": 0.25, "full": 1}``;
            None: ``full`` alone.

    Raises:
        InputError: the shares are not between 0 and 1, or ``full`` is not the one that costs 1.
    """

    batch = 9
    """Trials it likes to be asked for at once."""

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        fidelities: Mapping[str, float] | None = None,
    ) -> None:
        shares = {FULL: 1.0, **(fidelities or {})}
        wrong = [name for name, share in shares.items() if not 0 < share <= 1 or (share == 1) != (name == FULL)]
        if wrong or len(set(shares.values())) != len(shares):
            raise InputError(
                f"Fidelities need different shares between 0 and 1 of the cost of 'full', which is 1, got {shares}; "
                "correct them."
            )
        self.space = space
        self.objectives = tuple(objectives)
        self.seed = seed
        self.shares = dict(sorted(shares.items(), key=lambda item: item[1]))
        self.rungs = tuple(self.shares)
        self._fresh: dict[bytes, int] = {}  # in the order first asked or told, with the rung they began on
        self._asked: list[set[bytes]] = [set() for _ in self.rungs]  # asked or told
        self._told: list[dict[bytes, Result]] = [{} for _ in self.rungs]  # in the order told, failures included
        self._order: dict[int, tuple[int, list[bytes]]] = {}  # of a rung: how many were told, and these best first

    @property
    def _spent(self) -> bool:
        """Whether every architecture of the space was asked for."""
        return len(self._fresh) >= self._count

    @cached_property
    def _count(self) -> int:
        return self.space.count()

    @property
    def top(self) -> int:
        """Number of the full rung."""
        return len(self.rungs) - 1

    @on_one_thread
    def ask(self, n: int) -> list[Trial]:
        """See `Strategy.ask`."""
        rng = np.random.default_rng([self.seed, sum(len(asked) for asked in self._asked)])
        trials: list[Trial] = []
        while len(trials) < n:
            step = self._next(rng) or self._leftover()
            if step is None:
                break
            name, rung = step
            self._fresh.setdefault(name, rung)
            self._asked[rung].add(name)
            trials.append(Trial(self.space.decode(np.frombuffer(name, dtype=np.int64)), self.rungs[rung]))
        return trials

    def tell(self, results: Sequence[Result]) -> None:
        """See `Strategy.tell`; results of other fidelities than its own are passed over."""
        for result in results:
            if result.trial.fidelity in self.rungs:
                name, rung = self.space.encode(result.trial.architecture).tobytes(), self._rung(result)
                self._fresh.setdefault(name, rung)
                self._asked[rung].add(name)
                self._told[rung].setdefault(name, result)

    def _rung(self, result: Result) -> int:
        return self.rungs.index(result.trial.fidelity)

    @abstractmethod
    def _next(self, rng: np.random.Generator) -> tuple[bytes, int] | None:
        """The next genome (bytes, int64) and its rung; None when the space has no new ones."""

    def _draw(self, n: int, rng: np.random.Generator) -> IntArray:
        """Candidates ``(n, g)`` for new architectures, best first; random ones by default."""
        return self.space.sample(n, rng)

    def _new(self, rng: np.random.Generator) -> bytes | None:
        """A genome that was never asked or told; None when there is none left."""
        for i in range(_DRAWS):
            drawn = self._draw(1, rng) if i == 0 else self.space.sample(4, rng)
            for name in map(np.ndarray.tobytes, self.space.canonical(drawn)):
                if name not in self._fresh:
                    return bytes(name)
        while not self._spent:
            small = self._count <= _LISTABLE
            rows = rng.permutation(every_genome(self.space)) if small else self.space.sample(100, rng)
            for name in map(np.ndarray.tobytes, np.ascontiguousarray(rows)):
                if name not in self._fresh:
                    return bytes(name)
        return None

    def _leftover(self) -> tuple[bytes, int] | None:
        """Once nothing is new: whatever is not at full fidelity yet, the furthest and best first."""
        for rung in range(self.top - 1, -1, -1):
            for name in self.best(rung):
                if name not in self._asked[rung + 1]:
                    return name, rung + 1
        return None

    def best(self, rung: int) -> list[bytes]:
        """What was told on a rung without failing, best first."""
        told = self._told[rung]
        counted, order = self._order.get(rung, (-1, []))
        if counted != len(told):
            order = self.ranked(told, rung)
            self._order[rung] = (len(told), order)
        return order

    def ranked(self, names: Iterable[bytes], rung: int) -> list[bytes]:
        """Those of `names`, all told on a rung, that did not fail: best first, by each other alone."""
        answered = [name for name in names if self._told[rung][name].error is None]
        return [answered[i] for i in best_first(*self.costs(answered, rung))] if answered else []

    def costs(self, names: Sequence[bytes], rung: int) -> tuple[FloatArray, FloatArray]:
        """Minimised costs ``(n, m)`` and violations ``(n,)`` of what was told on a rung."""
        figures = np.array([[self._told[rung][name].figures[o.name] for o in self.objectives] for name in names])
        figures = figures.reshape(-1, len(self.objectives)).astype(np.float64)
        return figures * np.array([o.sign for o in self.objectives]), violations(figures, self.objectives)
