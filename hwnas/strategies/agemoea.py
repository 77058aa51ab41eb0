"""AGE-MOEA (Panichella 2019, doi:10.1145/3321707.3321839): survivors by a distance that fits the front's own shape.

A front normalised by its corners may bulge like a sphere, be flat, or cave in; one exponent p, found from the point
nearest to the diagonal, says which. A survivor's score is its distance to the two nearest chosen ones, by that p-norm,
over its own p-norm: spread and closeness in one figure. Later ranks are scored by closeness only.

pymoo drives it; the survival is ours, since pymoo's needs a compiler (numba).
"""

from typing import Any

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.survival import Survival
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.surrogates.genetic.pymoo_bridge import set_up
from hwnas.surrogates.genetic.replayed import Folded


class AGEMOEASearch(Folded):
    """Genetic search with an adaptive geometry and constraint domination; settings as `Folded`."""

    def _algorithm(self, seed: int) -> Any:  # noqa: ANN401
        algorithm = set_up(
            NSGA2, self.space, len(self.objectives), self.population, seed, self._known, survival=AdaptiveGeometry()
        )
        algorithm.tournament_type = "comp_by_rank_and_crowding"
        return algorithm


class AdaptiveGeometry(Survival):  # type: ignore[misc]  # pymoo is untyped
    """Pareto rank, then the survival score; kept as ``crowding``, for the tournament."""

    def __init__(self) -> None:
        super().__init__(filter_infeasible=True)

    def _do(self, problem: Any, pop: Any, *args: Any, n_survive: int, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        costs = np.asarray(pop.get("F"), dtype=np.float64)
        fronts = NonDominatedSorting().do(costs, n_stop_if_ranked=n_survive)
        first = costs[fronts[0]]
        ideal = first.min(axis=0)
        span = np.ptp(first, axis=0)
        span = np.where(span > 0, span, 1.0)
        p = exponent((first - ideal) / span)
        survivors: list[IntArray] = []
        for rank, front in enumerate(fronts):
            scaled = (costs[front] - ideal) / span
            score = spread_scores(scaled, p) if rank == 0 else 1 / np.maximum(_norm(scaled, p), 1e-12)
            pop[front].set("rank", np.full(len(front), rank), "crowding", score)
            room = n_survive - sum(map(len, survivors))
            survivors.append(np.asarray(front)[np.argsort(-score, kind="stable")[:room]])
        return pop[np.concatenate(survivors)]


def exponent(front: FloatArray) -> float:
    """The p of the p-norm whose unit sphere goes through the front's middle; `front` ``(k, m)`` lies in the unit box.

    1 is flat; larger bulges towards the nadir, smaller towards the ideal. Kept within 0.1 and 20.
    """
    m = front.shape[1]
    along = front.mean(axis=1)
    off_diagonal = np.linalg.norm(front - along[:, None], axis=1)
    corner = (front >= 1).any(axis=1)
    if m == 1 or corner.all():
        return 1.0
    middle = along[np.argmin(np.where(corner, np.inf, off_diagonal))]
    if not 0 < middle < 1:
        return 1.0
    return float(np.clip(np.log(m) / np.log(1 / middle), 0.1, 20.0))


def spread_scores(front: FloatArray, p: float) -> FloatArray:
    """Survival scores of the first front ``(k, m) -> (k,)``: greedily, the best of each objective first (infinite)."""
    score = np.full(len(front), np.inf)
    norms = np.maximum(_norm(front, p), 1e-8)
    between = np.stack([_norm(front - row, p) for row in front]) / norms[:, None]
    chosen = list(dict.fromkeys(np.argmin(front, axis=0).tolist()))
    rest = [i for i in range(len(front)) if i not in set(chosen)]
    while rest:
        near = np.sort(between[np.ix_(rest, chosen)], axis=1)[:, :2].sum(axis=1)
        at = int(np.argmax(near))
        score[rest[at]] = near[at]
        chosen.append(rest.pop(at))
    return score


def _norm(rows: FloatArray, p: float) -> FloatArray:
    return np.asarray((np.abs(rows) ** p).sum(axis=1) ** (1 / p))


agemoea = AGEMOEASearch
