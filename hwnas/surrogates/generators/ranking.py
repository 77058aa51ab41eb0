"""Who stands before whom, for strategies that look at single architectures.

With several objectives "better" is: less violation of the limits, then Pareto rank, then more room to the neighbours
of the rank. With one objective that is the plain order.
"""

import moocore
import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.surrogates.generators.evolved import crowding


def best_first(costs: FloatArray, violations: FloatArray) -> IntArray:
    """Numbers of the rows of ``(n, m)``, best first; ties in the order given."""
    rank = np.zeros(len(costs))
    room = np.zeros(len(costs))
    within = violations <= 0
    if within.any():
        ranks = np.asarray(moocore.pareto_rank(costs[within]))
        room_within = np.zeros(len(ranks))
        for r in np.unique(ranks):
            room_within[ranks == r] = crowding(costs[within][ranks == r])
        rank[within], room[within] = ranks, room_within
    return np.lexsort((-room, rank, np.maximum(violations, 0)))
