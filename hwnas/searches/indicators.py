"""How good a front is, as one number; computed by moocore.

Costs are minimised and scaled by a fixed ideal and nadir point that were known before the comparison: a scale
taken from the results themselves would favour some of them.
"""

import moocore
import numpy as np

from hwnas.contracts.arrays import FloatArray


def hypervolume(costs: FloatArray, ideal: FloatArray, nadir: FloatArray, margin: float = 0.0) -> float:
    """Share of the box between ideal and reference point that ``(n, m)`` costs dominate; 1 is best.

    The reference point is the nadir point, moved out by `margin` of the extent. Points beyond it add nothing,
    points beyond the ideal point count as if on its faces.
    """
    scaled = np.maximum((np.asarray(costs, dtype=np.float64) - ideal) / (nadir - ideal), 0.0)
    if not len(scaled):
        return 0.0
    reference = np.full(scaled.shape[1], 1.0 + margin)
    return float(moocore.hypervolume(scaled, ref=reference) / np.prod(reference))


def igd_plus(costs: FloatArray, front: FloatArray, ideal: FloatArray, nadir: FloatArray) -> float:
    """Mean distance from a known front ``(k, m)`` to what of it was reached by ``(n, m)`` costs; 0 is best.

    IGD+ of Ishibuchi et al. 2015: only the shortfall counts, so a better set is never rated worse.
    """
    span = nadir - ideal
    return float(moocore.igd_plus((costs - ideal) / span, ref=(front - ideal) / span))
