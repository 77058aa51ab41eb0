"""How a search got on, and how several did: hypervolume against what was spent, time to a target, attainment.

What is compared is everything a search had answered at full fidelity so far, never the last population. Spent is what
the budget counts: one for a full evaluation, and for a cheaper look its share, once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import moocore
import numpy as np

from hwnas.archive import violation
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result
from hwnas.searches.budget import Spending
from hwnas.searches.indicators import hypervolume


@dataclass(frozen=True)
class Scale:
    """What hypervolumes are measured by, fixed before anything is compared.

    Args:
        ideal: best cost of each objective, ``(m,)``.
        nadir: worst cost on the front, ``(m,)``; the reference point lies a tenth of the extent beyond it.
        best: hypervolume of the best front there is; shares are of it.
    """

    ideal: FloatArray
    nadir: FloatArray
    best: float = 1.0
    margin: float = 0.1

    def share(self, costs: FloatArray) -> float:
        """Hypervolume of ``(n, m)`` costs as a share of the best."""
        return hypervolume(costs, self.ideal, self.nadir, self.margin) / self.best


def scale_of(front: FloatArray) -> Scale:
    """The scale by which a known front ``(n, m)`` of costs has hypervolume 1."""
    ideal, nadir = front.min(axis=0), front.max(axis=0)
    nadir = np.where(nadir > ideal, nadir, ideal + 1)
    return Scale(ideal, nadir, Scale(ideal, nadir).share(front))


def spendings(results: Sequence[Result], shares: Mapping[str, float]) -> FloatArray:
    """What was spent after each of the results, ``(n,)``, see `hwnas.search`."""
    spending, after = Spending(shares), list[float]()
    for r in results:
        spending.pay(r.trial)
        after.append(spending.spent)
    return np.array(after)


def costs_of(results: Sequence[Result], objectives: Sequence[Objective]) -> FloatArray:
    """Minimised figures ``(n, m)`` of results at full fidelity within the limits; the others are left out."""
    feasible = [r for r in results if r.error is None and r.trial.fidelity == "full"]
    feasible = [r for r in feasible if violation(r.figures, objectives) <= 0]
    costs = np.array([[o.sign * r.figures[o.name] for o in objectives] for r in feasible], dtype=np.float64)
    return costs.reshape(-1, len(objectives))


def hypervolume_curve(
    results: Sequence[Result],
    objectives: Sequence[Objective],
    scale: Scale,
    evaluations: int,
    shares: Mapping[str, float] | None = None,
) -> FloatArray:
    """Share of the best hypervolume after 1, 2, ... `evaluations` were spent, ``(evaluations,)``."""
    spent = spendings(results, shares or {})
    curve, seen, front = np.zeros(evaluations), 0, np.empty((0, len(objectives)))
    for i in range(evaluations):
        until = int(np.searchsorted(spent, i + 1 + 1e-9))
        new = costs_of(results[seen:until], objectives)
        if len(new):
            front = np.vstack([front, new])
            front = front[moocore.is_nondominated(front, keep_weakly=False)]
        curve[i] = scale.share(front)
        seen = until
    return curve


@dataclass(frozen=True)
class TimeToTarget:
    """How long runs took to reach a target.

    Args:
        reached: how many did; the others are censored: they would have taken longer than their budget.
        runs: how many there were.
        median: evaluations of the median run, counting the censored as longest; None when that one is censored.
        expected: evaluations of all runs per success (the expected running time, ERT); None without any success.
    """

    reached: int
    runs: int
    median: int | None
    expected: float | None


def time_to_target(curves: FloatArray, target: float) -> TimeToTarget:
    """Of hypervolume curves ``(runs, evaluations)`` until they are at least `target`."""
    runs, evaluations = curves.shape
    hit = curves >= target - 1e-12
    times = np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, evaluations + 1)
    reached = int((times <= evaluations).sum())
    middle = int(np.sort(times)[(runs - 1) // 2])
    total = float(np.minimum(times, evaluations).sum())
    return TimeToTarget(reached, runs, middle if middle <= evaluations else None, total / reached if reached else None)


def attained(fronts: Sequence[FloatArray], share: float) -> FloatArray:
    """The surface that at least this share of the runs attain, as its corners ``(k, m)``; each front is ``(n, m)``.

    Whatever a corner weakly dominates was weakly dominated by so many runs (Fonseca et al. 2011); with a share of a
    half it is the median front.
    """
    points = np.vstack(fronts)
    runs = np.repeat(np.arange(len(fronts)), [len(front) for front in fronts])
    if len(fronts) == 1:
        return np.asarray(points[moocore.is_nondominated(points, keep_weakly=False)], dtype=np.float64)
    surface = moocore.eaf(points, runs, percentiles=[100 * share])
    return np.asarray(surface[:, :-1], dtype=np.float64)
