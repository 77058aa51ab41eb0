"""Choosing a batch that together enlarges the front most.

The gain of a candidate is the hypervolume it adds to the front and to the candidates already chosen. Gains only
shrink as more is chosen (hypervolume is submodular), so a gain computed earlier is an upper bound, and most
candidates need not be looked at again (Minoux 1978).
"""

import heapq
from dataclasses import dataclass

import moocore
import numpy as np
from moocore import hypervolume

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.surrogates.base.seams import History, Model


@dataclass(frozen=True)
class PredictedGain:
    """A `Picker`: greedy hypervolume by the predicted means.

    Args:
        margin: of the front's extent, by which the reference point lies beyond it.
    """

    margin: float = 0.1

    def __call__(
        self,
        history: History,
        pool: IntArray,
        model: Model,
        n: int,
        rng: np.random.Generator,  # noqa: ARG002
    ) -> list[int]:
        """See `Picker`."""
        guess = model(pool)
        if guess.violations.min() > 0:
            return [int(i) for i in np.argsort(guess.violations, kind="stable")[:n]]
        within = np.flatnonzero(guess.violations <= 0)
        low, span = extent(history)
        costs = (guess.mean[within] - low) / span
        rank = moocore.pareto_rank(costs)
        best = np.argsort(rank, kind="stable")[: max(8 * n, int((rank == 0).sum()))]
        feasible = history.front & (history.violations <= 0)
        front = (history.costs[feasible] - low) / span
        beyond = np.full(costs.shape[1], 1 + self.margin)
        wanted = np.minimum(beyond, (preferences(history) - low) / span)
        chosen = greedy_hypervolume(front, costs[best], wanted, n)
        if len(chosen) < n:  # little to gain where it is preferred, or no preference: anywhere
            grown = np.concatenate([front, costs[best[chosen]]])
            rest = [i for i in range(len(best)) if i not in set(chosen)]
            more = greedy_hypervolume(grown, costs[best[rest]], beyond, n - len(chosen))
            chosen += [rest[i] for i in more]
        rest = [i for i in range(len(best)) if i not in set(chosen)]  # when few add volume: the best ranks
        return [int(within[best[i]]) for i in (chosen + rest)[:n]]


def preferences(history: History) -> FloatArray:
    """Soft limits as costs, ``(m,)``; infinite where there is none."""
    return np.array([o.sign * o.preference if o.preference is not None else np.inf for o in history.objectives])


def extent(history: History, predicted: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Ideal point and extent of the front, each ``(m,)``; where it has no extent, of everything; else 1.

    Args:
        history: whose front.
        predicted: front of what a model thinks of all candidates, ``(k, m)``; it may reach further than the measured
            one, and what lies beyond the extent would never be looked at.
    """
    front = history.costs[history.front]
    if predicted is not None:
        front = np.concatenate([front, predicted])
    span = np.ptp(front, axis=0)
    span = np.where(span > 0, span, np.ptp(history.costs, axis=0))
    return front.min(axis=0), np.where(span > 0, span, 1.0)


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
