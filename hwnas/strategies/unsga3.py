"""U-NSGA-III (Seada and Deb 2016): survivors are spread over directions fixed before the search, by pymoo.

For two objectives much like NSGA-II; for three and four its directions keep a spread that crowding loses; with one it
is a plain genetic algorithm. Directions are the finest regular ones (Das and Dennis 1998) that are not more than the
population. One difference from pymoo: its tournament draws ties from an unseeded generator, so here is our own, which
is the same rule with seeded ties.
"""

from itertools import combinations
from math import comb
from typing import Any

import numpy as np
from pymoo.algorithms.moo.unsga3 import UNSGA3
from pymoo.operators.selection.tournament import TournamentSelection

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.surrogates.genetic.pymoo_bridge import set_up
from hwnas.surrogates.genetic.replayed import Folded


class UNSGA3Search(Folded):
    """Genetic search with reference directions and constraint domination; settings as `Folded`."""

    def _algorithm(self, seed: int) -> Any:  # noqa: ANN401
        m = len(self.objectives)
        return set_up(
            UNSGA3,
            self.space,
            m,
            self.population,
            seed,
            self._known,
            ref_dirs=directions(m, self.population),
            selection=TournamentSelection(func_comp=_niche_tournament),
        )


def directions(m: int, most: int) -> FloatArray:
    """At most `most` evenly spread weight vectors ``(d, m)`` that sum to 1; the axes at least."""
    if m == 1:
        return np.ones((1, 1))
    parts = 1
    while comb(parts + m, m - 1) <= most:
        parts += 1
    bars = np.array(list(combinations(range(parts + m - 1), m - 1)))
    ends = np.hstack([np.full((len(bars), 1), -1), bars, np.full((len(bars), 1), parts + m - 1)])
    return np.asarray((np.diff(ends, axis=1) - 1) / parts, dtype=np.float64)


def _niche_tournament(pop: Any, P: IntArray, random_state: Any = None, **_: Any) -> IntArray:  # noqa: ANN401
    """The less violating one; of two feasible in one niche the better rank, then the nearer to the direction."""
    winners = np.empty(len(P), dtype=np.int64)
    for i, (a, b) in enumerate(P):
        one, other = _merit(pop[a]), _merit(pop[b])
        comparable = one[0] > 0 or other[0] > 0 or pop[a].get("niche") == pop[b].get("niche")
        if not comparable or one == other:
            winners[i] = (a, b)[int(random_state.integers(2))]
        else:
            winners[i] = a if one < other else b
    return winners[:, None]


def _merit(one: Any) -> tuple[float, ...]:  # noqa: ANN401
    violation = float(one.CV[0])
    return (violation,) if violation > 0 else (0.0, float(one.get("rank")), float(one.get("dist_to_niche")))


unsga3 = UNSGA3Search
