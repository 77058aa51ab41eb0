"""Learning-curve extrapolation: go on with a training only while its end may still be on the front.

The first architectures are trained to the end. From these it is learnt how a curve up to a rung tells its end: a ridge
regression on the last figure, its rise and the mean so far, whose error says how far to trust it. Any other
architecture goes on while the better end of its interval is dominated by nothing that is finished; Domhan et al.
(IJCAI 2015) stop in the same way below a chance of 5 %, but extrapolate every curve by itself with a mixture of
parametric curves, by sampling. Whoever stopped may go on later, when more has been learnt.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from hwnas.contracts.arrays import BoolArray, FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.strategies._fidelities.ladder import LadderSearch

_PENALTY = 0.1  # on standardised columns: enough to stand a handful of curves
OPTIMISM = 1.645  # standard errors: the chance to be better than that is 5 %


class CurveExtrapolation(LadderSearch):
    """Early stopping by what finished curves taught.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        fidelities: see `LadderSearch`.
        initial: architectures that are trained to the end in any case.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        fidelities: Mapping[str, float] | None = None,
        initial: int = 8,
    ) -> None:
        super().__init__(space, objectives, seed, fidelities=fidelities)
        if initial < 4:
            raise InputError(f"Curve extrapolation needs initial of at least 4 whole curves, got {initial}; take more.")
        self.initial = initial
        self._going: tuple[int, list[tuple[bytes, int]]] = (-1, [])  # who goes on, after so many answers

    def _next(self, rng: np.random.Generator) -> tuple[bytes, int] | None:
        answers = sum(len(told) for told in self._told)
        if self._going[0] != answers:
            self._going = (answers, self._decide())
        for name, rung in self._going[1]:
            if name not in self._asked[rung]:
                return name, rung
        new = self._new(rng)
        return None if new is None else (new, 0)

    def _decide(self) -> list[tuple[bytes, int]]:
        """Whoever should go on, and to which rung; the furthest first."""
        first = set(list(self._fresh)[: self.initial])
        going = []
        for rung in range(self.top - 1, -1, -1):
            stopped = [name for name in self.best(rung) if name not in self._asked[rung + 1]]
            hopeful = self._hopeful(stopped, rung)
            going += [(name, rung + 1) for name, go in zip(stopped, hopeful, strict=True) if go or name in first]
        return going

    def _hopeful(self, names: Sequence[bytes], rung: int) -> BoolArray:
        """Whose optimistic end is dominated by nothing finished, ``(n,)``."""
        finished = self.best(self.top)
        compared = [name for name in finished if name in self._told[rung]]
        if not names or len(compared) < 4:
            return np.zeros(len(names), dtype=np.bool_)
        ends, beyond = self.costs(finished, self.top)
        reached = ends[beyond <= 0]
        truth, _ = self.costs(compared, self.top)
        mean, error = extrapolated(self._curves(compared, rung), truth, self._curves(names, rung))
        best = mean - OPTIMISM * error
        beaten: BoolArray = np.all(reached[None] <= best[:, None], axis=2)
        return np.asarray(~np.any(beaten, axis=1), dtype=np.bool_)

    def _curves(self, names: Sequence[bytes], rung: int) -> FloatArray:
        """For each objective the last cost, its change since the rung before, and the mean so far, ``(n, m, 3)``."""
        below = [[r for r in range(rung + 1) if name in self._told[r]] for name in names]
        curves = [
            np.concatenate([self.costs([name], r)[0] for r in rungs]) for name, rungs in zip(names, below, strict=True)
        ]
        return np.array([np.stack([c[-1], c[-1] - c[max(0, len(c) - 2)], c.mean(axis=0)], axis=1) for c in curves])


def extrapolated(whole: FloatArray, truth: FloatArray, begun: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ends of curves ``(c, m)`` and their standard errors ``(m,)``, learnt from whole ones.

    Args:
        whole: features of the whole curves, ``(n, m, f)``, the first of them the last figure.
        truth: their ends, ``(n, m)``.
        begun: features of the curves in question, ``(c, m, f)``.
    """
    mean, error = np.empty((len(begun), truth.shape[1])), np.empty(truth.shape[1])
    for i in range(truth.shape[1]):
        # The gain is learnt rather than the end, so the penalty pulls towards "it will gain what others gained".
        gain = truth[:, i] - whole[:, i, 0]
        centre, scale = whole[:, i].mean(axis=0), whole[:, i].std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        x = np.column_stack([np.ones(len(whole)), (whole[:, i] - centre) / scale])
        gram = x.T @ x + np.diag([0.0, *[_PENALTY * len(x)] * (x.shape[1] - 1)])
        weights = np.linalg.solve(gram, x.T @ gain)
        leverage = np.einsum("ij,ji->i", x, np.linalg.solve(gram, x.T))
        left_out = (gain - x @ weights) / np.maximum(1 - leverage, 1e-6)  # errors with each curve left out
        mean[:, i] = begun[:, i, 0] + np.column_stack([np.ones(len(begun)), (begun[:, i] - centre) / scale]) @ weights
        error[i] = np.sqrt(np.mean(left_out**2))
    return mean, error


curve_extrapolation = CurveExtrapolation
