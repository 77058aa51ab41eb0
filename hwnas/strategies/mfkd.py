"""MF-KD (Trofimov et al. 2020, arXiv:2006.08341): many cheap looks, few true ones, joined by co-kriging.

The cheap look is one epoch with knowledge distillation, whose order of networks is nearer to the true one than that of
one plain epoch; what it is, is up to `evaluate`, which is asked for it by the name of a fidelity. First come the hints,
of random architectures, then true evaluations of a few of these, then true ones only, by upper confidence bound on
the co-kriged figures (`cokriging`).

Where we differ: genes are compared by the Hamming kernel; several objectives share the picks by random weights. Without
a cheap fidelity it is a plain Gaussian process with an upper confidence bound.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.genomes.listing import distinct, genomes_of
from hwnas.surrogates.base.per_objective import PerObjective
from hwnas.surrogates.base.proposer import Proposer
from hwnas.surrogates.generators.mutants import near_and_far
from hwnas.surrogates.pickers.acquisition import UpperConfidence
from hwnas.surrogates.regressors.cokriging import cokriging
from hwnas.surrogates.regressors.distances import hamming

_BATCH = 5


class MFKD(Proposer):
    """Two sources of figures.

    Args:
        space: where to search.
        objectives: what is sought, at both fidelities; limits are constraints.
        seed: not negative.
        fidelities: names of fidelities with their shares of the cost of a full evaluation; the cheapest one gives the
            hints, others are not used. None: there are no hints.
        hints: how many architectures are looked at cheaply, at most half of the space.
        initial: true evaluations before anything is predicted.
        pool: candidates of a batch.
        optimism: standard deviations of the upper confidence bound.
        steps: of each kernel's fit.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        fidelities: Mapping[str, float] | None = None,
        hints: int = 100,
        initial: int = 20,
        pool: int = 300,
        optimism: float = 1.0,
        steps: int = 25,
    ) -> None:
        super().__init__(space, objectives, seed)
        cheap = {name: share for name, share in (fidelities or {}).items() if name != "full"}
        if hints < 0 or initial < 2 or any(not 0 < share < 1 for share in cheap.values()):
            raise InputError(
                f"MF-KD needs hints of at least 0, initial of at least 2 and shares between 0 and 1, got {hints}, "
                f"{initial} and {cheap}; correct them."
            )
        self.fidelity = min(cheap, key=lambda name: cheap[name]) if cheap else ""
        self.hints = min(hints, self.space_size // 2) if cheap else 0
        self.initial = initial
        self.steps = steps
        self.generator = near_and_far(pool)
        self.picker = UpperConfidence(optimism)
        self._hinted: dict[bytes, list[float] | None] = {}  # in the order asked or told; None until told, or failed

    @property
    def batch(self) -> int:
        """See `Strategy.batch`: all hints, then the true evaluations to begin with, then a few at a time."""
        beginning = len(self._known) < self.initial
        return max(0, self.hints - len(self._hinted)) or (self.initial - len(self._known) if beginning else _BATCH)

    def ask(self, n: int) -> list[Trial]:
        """See `Strategy.ask`: hints until there are enough."""
        rng = np.random.default_rng([self.seed, len(self._hinted), 3])
        trials: list[Trial] = []
        while len(self._hinted) < self.hints and len(trials) < n:
            name = (genome := self.space.sample(1, rng)[0]).tobytes()
            if name not in self._hinted:
                self._hinted[name] = None
                trials.append(Trial(self.space.decode(genome), self.fidelity))
        return trials + super().ask(n - len(trials)) if len(trials) < n else trials

    def tell(self, results: Sequence[Result]) -> None:
        """See `Strategy.tell`: what is not full is a hint, if it is of the fidelity that was asked for."""
        super().tell([r for r in results if r.trial.fidelity == "full"])
        for result in results:
            if result.trial.fidelity == self.fidelity:
                name = self.space.encode(result.trial.architecture).tobytes()
                told = None if result.error is not None else [float(result.figures[o.name]) for o in self.objectives]
                self._hinted[name] = told

    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:
        hinted, hints = self._told_hints()
        if len(self._known) < self.initial or len(self._told) < 2:
            return rng.permutation(hinted) if len(hinted) else self.space.sample(n, rng)
        history = self.history
        of_each = {o.name: hints[:, i] for i, o in enumerate(self.objectives)}
        model = PerObjective(cokriging(hamming(self.space), hinted, of_each, steps=self.steps))(history, rng)
        pool = distinct(np.concatenate([hinted, self.generator(history, model, rng)]))
        pool = pool[history.unseen(pool)]
        return pool[self.picker(history, pool, model, n, rng)] if len(pool) else pool

    def _told_hints(self) -> tuple[IntArray, FloatArray]:
        told = {name: figures for name, figures in self._hinted.items() if figures is not None}
        figures = np.array(list(told.values()), dtype=np.float64)
        return genomes_of(told, self.space), figures.reshape(-1, len(self.objectives))


mfkd = MFKD
