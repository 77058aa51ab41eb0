"""Measure a few, learn, look at many predictions, measure the most promising; the loop of LINAS
(Cummings et al. 2022, arXiv:2205.10358), with these differences.

The smallest and the largest network are measured first, so the whole range is known from the start. What is learnt
is shared between choices of a kind (`pooled`), so a dozen measurements are enough to begin. In large spaces
the inner evolution starts from the measured front, mates neighbours along it, and never revisits a genome; it runs
once over what is expected and once over a function drawn from those that may be true. A space that can be listed is
looked at in full (`enumerated`). Only unseen candidates are chosen, each for the hypervolume it is expected to add by a
model that knows how sure it is (`expected_hypervolume`), a few at a time: five while each of them changes the
predictions much, more later. Exact objectives are computed.

Other surrogate strategies are this one with another generator, scorer or picker, see `seams`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.genomes.listing import distinct
from hwnas.genomes.sampling import corners, levelled, of_file
from hwnas.surrogates.base.per_objective import PerObjective
from hwnas.surrogates.base.proposer import Proposer
from hwnas.surrogates.base.seams import Fit, Generator, Picker, Scorer
from hwnas.surrogates.generators.evolved import Everything, Evolved, Imagined
from hwnas.surrogates.pickers.expected_hypervolume import ExpectedHypervolume
from hwnas.surrogates.pickers.predicted_gain import PredictedGain
from hwnas.surrogates.prior.enumerated import Listed
from hwnas.surrogates.prior.pooled import Pooled
from hwnas.surrogates.prior.transfer import Knowledge, knowing

Start = Callable[[SearchSpace, int, np.random.Generator], IntArray]
"""At least n genomes to begin with, best first."""

_LISTED = 20_000  # architectures: no more than the inner evolution would look at
_BATCH = 5
_AGAIN = 0.2  # share of a batch that measures noisy ones again
_ENOUGH = 5  # times one is measured while searching


class SurrogateSearch(Proposer):
    """Predictors in the place of most evaluations.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        fit: learns one measured objective, see `seams.Fit`; instead of `scorer`.
        scorer: learns all objectives together; None: `Listed` where the space can be listed, else `Pooled`.
        generator: of the candidates; None: all there are, or `Imagined` of what `Pooled` learns, or `Evolved`.
        picker: of the batch; None: `ExpectedHypervolume` of what `Listed` or `Pooled` learn, else `PredictedGain`.
        initial: architectures measured before anything is predicted; None: eight, or twelve where the space can be
            listed, whose model has more to learn.
        start: which ones; None: `spread_out`, the `corners` among them.
        per_round: architectures measured between two times of learning; None: five, later a twentieth of all.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        fit: Fit | None = None,
        scorer: Scorer | None = None,
        generator: Generator | None = None,
        picker: Picker | None = None,
        initial: int | None = None,
        start: Start | None = None,
        per_round: int | None = None,
    ) -> None:
        super().__init__(space, objectives, seed)
        listed = space.count() <= _LISTED
        self.initial = (12 if listed else 8) if initial is None else initial
        if self.initial < 2:
            raise InputError(
                f"The surrogate strategy needs initial of at least 2 architectures, got {initial}; choose a larger one."
            )
        if fit is not None and scorer is not None:
            raise InputError("The surrogate strategy takes fit or scorer, got both; leave one out.")
        ours: Scorer = Listed(space) if listed else Pooled(space)
        self.scorer = scorer or (PerObjective(fit) if fit is not None else ours)
        sure = isinstance(self.scorer, Listed | Pooled)
        large = Imagined(_evolved(20)) if sure else _evolved(40)
        self.generator = generator or (Everything() if listed else large)
        self.picker = picker or (ExpectedHypervolume() if sure else PredictedGain())
        self.start = start or spread_out
        self.per_round = per_round
        self._next_repeat: dict[Architecture, int] = {}

    def warm_start(self, genomes: IntArray, figures: FloatArray) -> None:
        """See `Strategy.warm_start`; only our own scorers know how."""
        if isinstance(self.scorer, Listed | Pooled):
            self.scorer = replace(self.scorer, space=knowing(self.space, Knowledge(genomes, figures)))

    @property
    def batch(self) -> int:
        """See `Strategy.batch`."""
        evaluated = len(self._known)
        if evaluated < self.initial:
            return self.initial - evaluated
        return self.per_round or max(_BATCH, evaluated // 20)

    def ask(self, n: int) -> list[Trial]:
        """See `Strategy.ask`; where objectives are noisy, some trials measure members of the front again."""
        again = self._doubtful(int(n * _AGAIN)) if any(o.noisy for o in self.objectives) else []
        return [*again, *super().ask(n - len(again))]

    def tell(self, results: Sequence[Result]) -> None:
        """See `Strategy.tell`."""
        super().tell(results)
        for r in results:
            self._next_repeat[r.trial.architecture] = max(
                self._next_repeat.get(r.trial.architecture, 0), r.trial.seed + 1
            )

    def _doubtful(self, n: int) -> list[Trial]:
        """The members of the front that were measured least often: the lucky ones are among them."""
        history = self.history
        if len(history) < self.initial:
            return []
        members = [self.space.decode(genome) for genome in history.genomes[history.front]]
        members = [a for a in members if self._next_repeat[a] < _ENOUGH]
        trials = []
        for a in sorted(members, key=lambda a: (self._next_repeat[a], a.key))[:n]:
            trials.append(Trial(a, seed=self._next_repeat[a]))
            self._next_repeat[a] += 1
        return trials

    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:
        if len(self._known) < self.initial or len(self._told) < 2:
            return self.start(self.space, n, rng)
        history = self.history
        model = self.scorer(history, rng)
        pool = distinct(self.generator(history, model, rng))
        pool = pool[history.unseen(pool)]
        return pool[list(self.picker(history, pool, model, n, rng))] if len(pool) else pool


def _evolved(generations: int) -> Evolved:
    return Evolved(100, 400, generations, 0.9, 1000, 0.05)


def uniform(space: SearchSpace, n: int, rng: np.random.Generator) -> IntArray:
    """Random genomes ``(4 n, g)``: how most published methods begin."""
    return space.sample(4 * n, rng)


def spread_out(space: SearchSpace, n: int, rng: np.random.Generator) -> IntArray:
    """The `corners`, then random genomes from small to large, ``(2 n + 2, g)`` or two more.

    Uniform genes would put nearly all of a long genome's networks at the middle size. So every second one
    draws its ordered genes around a level of its own, and the levels are spread evenly; those of a file only, such as
    bits, around another one.
    """
    uniform = space.sample(n, rng)
    level = other = _levels(n, rng)
    if space.for_files:
        other = _levels(n, rng)
    spread = space.canonical(levelled(space, uniform, np.where(of_file(space), other, level), rng))
    mixed = np.stack([spread, uniform], axis=1).reshape(2 * n, -1)
    return np.concatenate([corners(space), mixed])


def _levels(n: int, rng: np.random.Generator) -> FloatArray:
    return (rng.permutation(n)[:, None] + rng.random((n, 1))) / n


surrogate = SurrogateSearch
