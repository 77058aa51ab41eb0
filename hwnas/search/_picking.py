"""Choosing a batch that together enlarges the front most.

The gain of a candidate is the hypervolume it adds to the front and to the candidates already chosen. Gains only
shrink as more is chosen (hypervolume is submodular), so a gain computed earlier is an upper bound, and most
candidates need not be looked at again (Minoux 1978).
"""

import heapq

import numpy as np
from moocore import hypervolume

from hwnas.contracts.arrays import FloatArray


def greedy_hypervolume(front: FloatArray, candidates: FloatArray, reference: FloatArray, n: int) -> list[int]:
    """Rows of `candidates` ``(c, m)``, at most `n`, in the order chosen; those that add nothing are left out.

    Args:
        front: what is there already, ``(k, m)``, minimised; may be empty.
        candidates: minimised, in the same scale.
        reference: ``(m,)``; only what is better than it in every objective counts.
        n: how many to choose.
    """
    chosen: list[int] = []
    points = front
    volume = hypervolume(points, ref=reference) if len(points) else 0.0
    heap = [(-np.inf, i, -1) for i in range(len(candidates))]  # (minus the bound, candidate, chosen when computed)
    while heap and len(chosen) < n:
        bound, i, age = heapq.heappop(heap)
        if age == len(chosen):
            if bound >= -1e-12:
                break
            chosen.append(i)
            points = np.vstack([points, candidates[i]])
            volume -= bound
        else:
            gain = hypervolume(np.vstack([points, candidates[i]]), ref=reference) - volume
            heapq.heappush(heap, (-gain, i, len(chosen)))
    return chosen
