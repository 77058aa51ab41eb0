"""Who is better than whom: constraint domination (Deb et al. 2002).

A point within all limits beats one that is not; of two that are not, the smaller violation wins; of two that
are, the one that is nowhere worse and somewhere better.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from hwnas.contracts.arrays import BoolArray, FloatArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result


def non_dominated(costs: FloatArray, violations: FloatArray | None = None) -> BoolArray:
    """Which rows nothing dominates, ``(n, m) -> (n,)``.

    Args:
        costs: objectives to be minimised, finite; equal rows do not dominate one another.
        violations: total violation per row, ``(n,)``, 0 when within all limits; None: all are.
    """
    on_front = np.ones(len(costs), dtype=np.bool_)
    if violations is not None and len(costs):
        if violations.min() > 0:
            return np.asarray(violations == violations.min(), dtype=np.bool_)
        on_front = violations <= 0
    # In lexicographic order a row can only be dominated by an earlier one, and domination is transitive, so it
    # is enough to compare with the front found so far.
    front = np.empty((0, costs.shape[1]))
    for i in np.lexsort(costs.T[::-1]):
        if not on_front[i]:
            continue
        no_worse = (front <= costs[i]).all(axis=1)
        if (no_worse & (front < costs[i]).any(axis=1)).any():
            on_front[i] = False
        else:
            front = np.vstack([front, costs[i]])
    return on_front


def violation(figures: Mapping[str, float], objectives: Sequence[Objective]) -> float:
    """Total violation of the limits, as shares of them; 0 when within all."""
    return sum(o.violation(figures[o.name]) for o in objectives)


def front_of(results: Sequence[Result], objectives: Sequence[Objective], *, fidelity: str = "full") -> list[Result]:
    """Those of `results` that nothing dominates, sorted by the objectives in their order, best first.

    When nothing is within all limits: the results with the least total violation (`violation` tells). Results with
    an error, or without one of the figures, or of another fidelity, take no part.
    """
    names = [o.name for o in objectives]
    feasible = [
        r
        for r in results
        if r.error is None and r.trial.fidelity == fidelity and all(name in r.figures for name in names)
    ]
    if not feasible:
        return []
    costs = np.array([[o.sign * r.figures[o.name] for o in objectives] for r in feasible])
    on_front = non_dominated(costs, np.array([violation(r.figures, objectives) for r in feasible]))
    order = sorted(
        np.flatnonzero(on_front).tolist(), key=lambda i: (*costs[i].tolist(), feasible[i].trial.architecture.key)
    )
    return [feasible[i] for i in order]
