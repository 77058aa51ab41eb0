"""Taking a batch by the hypervolume each candidate is expected to add, over all that a model holds possible.

Where a model is sure this is the predicted gain; where it is not, a candidate that may fill a gap counts for that
chance (Emmerich et al. 2006). Objectives are independent given the model. With two of them the expectation is exact:
the front cuts the plane into strips, and in each the expected gain is a product of two one-dimensional ones. With more,
the chance to dominate is averaged over random points that nothing dominates yet. Each pick joins the front with its
middle values before the next; limits multiply the gain by the chance to keep them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from moocore import is_nondominated

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.surrogates.base.seams import History, Model
from hwnas.surrogates.pickers.predicted_gain import extent, preferences
from hwnas.surrogates.prior.marginal import GivesMarginals, Marginal

_LEFT = 1e-5  # of the box: less than this is nothing, where a preference is looked at
_LIKELY = 0.5  # chance to keep the limits, from which a candidate says how far the front may reach
_POINTS = 500
_LOOKED_AT = 500  # candidates after the first look, which is at all of them

Gain = Callable[[FloatArray, Sequence[Marginal], FloatArray], FloatArray]
"""From a front ``(k, m)``, marginals of ``c`` candidates and a reference point ``(m,)`` to expected gains ``(c,)``."""


@dataclass(frozen=True)
class ExpectedHypervolume:
    """A `Picker`.

    Args:
        margin: of the front's extent, by which the reference point lies beyond it.
    """

    margin: float = 0.1

    def __call__(self, history: History, pool: IntArray, model: Model, n: int, rng: np.random.Generator) -> list[int]:
        """See `Picker`."""
        if not isinstance(model, GivesMarginals):
            raise InputError("Expected hypervolume needs a model that gives marginals; use another picker.")
        marginals = model.marginals(pool)
        likely = _within_limits(history, marginals)
        front = history.costs[history.front & (history.violations <= 0)]
        if not len(front):
            beyond = model(pool).violations
            return [int(i) for i in np.lexsort((beyond, -likely))[:n]]
        middle = np.stack([b.middle for b in marginals], axis=1)
        within = middle[likely >= _LIKELY]
        low, span = extent(history, within[is_nondominated(within)] if len(within) else None)
        rough, gain = _gains(low, span, rng)
        far = low + (1 + self.margin) * span
        near = np.minimum(far, np.maximum(preferences(history), low))
        left = 0.0 if np.array_equal(near, far) else _LEFT * float(np.prod(span))
        chosen: list[int] = []
        first = likely * rough(front, marginals, near)
        some = np.argsort(-first, kind="stable")[: _LOOKED_AT + n]
        if first[some[0]] <= left:  # nothing to gain where it is preferred: anywhere
            near = far
            some = np.argsort(-likely * rough(front, marginals, far), kind="stable")[: _LOOKED_AT + n]
        marginals, likely, middle = [b.of(some) for b in marginals], likely[some], middle[some]
        for _ in range(min(n, len(some))):
            value = likely * gain(front, marginals, near)
            value[chosen] = -np.inf
            chosen.append(int(np.argmax(value)))
            front = np.vstack([front, middle[chosen[-1]]])
        return [int(some[i]) for i in chosen]


def _within_limits(history: History, marginals: Sequence[Marginal]) -> FloatArray:
    """Chance to keep all limits, ``(c,)``."""
    likely = np.ones(len(marginals[0].mean))
    for o, marginal in zip(history.objectives, marginals, strict=True):
        if o.limit is not None:
            likely *= marginal.chance(np.array([o.sign * o.limit]))[:, 0]
    return likely


def _gains(low: FloatArray, span: FloatArray, rng: np.random.Generator) -> tuple[Gain, Gain]:
    """One for the first look, one for the second."""
    if len(low) == 1:
        return below_gains, below_gains
    if len(low) == 2:
        return strip_gains, strip_gains
    return point_gains(low, span, rng, _POINTS // 5), point_gains(low, span, rng, _POINTS)


def below_gains(front: FloatArray, marginals: Sequence[Marginal], reference: FloatArray) -> FloatArray:
    """The `Gain` of one objective: expected improvement."""
    return marginals[0].below(np.minimum(front.min(axis=0), reference))[:, 0]


def strip_gains(front: FloatArray, marginals: Sequence[Marginal], reference: FloatArray) -> FloatArray:
    """The `Gain` of two objectives, exactly."""
    inside = front[(front < reference).all(axis=1)]
    stairs = np.unique(inside[is_nondominated(inside)], axis=0) if len(inside) else inside
    right = np.append(stairs[:, 0], reference[0])
    height = np.append(reference[1], stairs[:, 1])
    width = np.diff(marginals[0].below(right), axis=1, prepend=0.0)
    return np.asarray((width * marginals[1].below(height)).sum(axis=1))


def point_gains(low: FloatArray, span: FloatArray, rng: np.random.Generator, points: int) -> Gain:
    """The `Gain` of any number of objectives, counted on random points of the box; the same ones in every call."""
    unit = rng.random((points, len(low)))

    def gains(front: FloatArray, marginals: Sequence[Marginal], reference: FloatArray) -> FloatArray:
        start = low - 0.1 * span
        box = start + unit * (reference - start)
        taken = np.asarray((front[None] <= box[:, None]).all(axis=2))
        free = box[np.logical_not(taken.any(axis=1))]
        chance = np.ones((len(marginals[0].mean), len(free)))
        for marginal, target in zip(marginals, free.T, strict=True):
            chance *= marginal.chance(target)
        return np.asarray(chance.sum(axis=1) * (float(np.prod(reference - start)) / points))

    return gains
