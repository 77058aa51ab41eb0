"""qNEHVI (Daulton et al. 2021, arXiv:2105.08195) over a pool of candidates: expected hypervolume gain under noise.

For each of many joint draws of the objectives, over everything measured and all candidates together: how much would a
candidate add to the front of *that draw*? The mean over the draws is the gain, so no measured point is taken at its
word. A batch is chosen greedily, each pick joining the fronts of all draws.

Where we differ from BoTorch: a pool of mutants and random architectures instead of gradients; independent Gaussian
processes; plain instead of quasi-random draws. With two objectives gains are exact; otherwise
hypervolume is counted on random points of the box. The reference point is the front's nadir and a tenth of its extent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hwnas.contracts.arrays import BoolArray, FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.words import one_of
from hwnas.strategies.surrogate import SurrogateSearch, uniform
from hwnas.surrogates.base.per_objective import PerObjective, violations
from hwnas.surrogates.base.seams import History, Model, Picker, Scorer
from hwnas.surrogates.generators.mutants import near_and_far
from hwnas.surrogates.pickers.predicted_gain import extent
from hwnas.surrogates.regressors.botorch_gp import LogNoisyHypervolume, botorch_scorer, needed
from hwnas.surrogates.regressors.distances import squares
from hwnas.surrogates.regressors.gaussian_process import gaussian_process

_POINTS = 400  # of the box, where hypervolume is counted


def qnehvi(
    space: SearchSpace,
    objectives: Sequence[Objective],
    seed: int,
    *,
    initial: int = 10,
    pool: int = 300,
    draws: int = 64,
    steps: int = 25,
    form: Literal["own", "botorch"] = "own",
) -> SurrogateSearch:
    """The strategy.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        initial: random architectures to begin with.
        pool: candidates of a batch.
        draws: that the expectation is taken over.
        steps: of our kernel's fit.
        form: ``own``, as above; or ``botorch``: BoTorch's processes and its qLogNEHVI over the same pool, which needs
            the extra ``hwnas[botorch]``.

    Raises:
        InputError: there is no such form, or BoTorch is not installed.
    """
    one_of("the form of qnehvi", form, ("own", "botorch"))
    scorer: Scorer = PerObjective(gaussian_process(squares(space), "matern52", steps=steps))
    picker: Picker = NoisyHypervolume(draws)
    if form == "botorch":
        needed()
        scorer, picker = botorch_scorer, LogNoisyHypervolume(draws)
    return SurrogateSearch(
        space,
        objectives,
        seed,
        initial=initial,
        start=uniform,
        scorer=scorer,
        generator=near_and_far(pool),
        picker=picker,
    )


@dataclass(frozen=True)
class NoisyHypervolume:
    """A `Picker`; see the module.

    Args:
        draws: functions the expectation is taken over.
        margin: of the front's extent, by which the reference point lies beyond its nadir.
    """

    draws: int = 64
    margin: float = 0.1

    def __call__(self, history: History, pool: IntArray, model: Model, n: int, rng: np.random.Generator) -> list[int]:
        """See `Picker`."""
        drawn = model.draw(np.concatenate([history.genomes, pool]), self.draws, rng)
        low, span = extent(history)
        beyond = violations((drawn * history.signs).reshape(-1, drawn.shape[2]), history.objectives)
        costs = (drawn - low) / span
        far = 1 + self.margin
        costs[beyond.reshape(drawn.shape[:2]) > 0] = far  # adds nothing
        costs = np.minimum(costs, far)
        measured, candidates = costs[:, : len(history)], costs[:, len(history) :]
        counter = Strips if costs.shape[2] == 2 else Points
        front = counter(measured, far, rng)
        chosen: list[int] = []
        for _ in range(min(n, len(pool))):
            gain = front.gains(candidates).mean(axis=0)
            gain -= 1e-9 * (candidates.mean(axis=(0, 2)) + beyond.reshape(drawn.shape[:2])[:, len(history) :].mean(0))
            gain[chosen] = -np.inf
            chosen.append(int(np.argmax(gain)))
            front.add(candidates[:, chosen[-1]])
        return chosen


class Strips:
    """Fronts of ``k`` draws of two costs, as staircases; gains are exact.

    Args:
        costs: ``(k, n, 2)``, at most `far`.
        far: the reference point, in both costs.
    """

    def __init__(self, costs: FloatArray, far: float, rng: np.random.Generator) -> None:  # noqa: ARG002
        self.far = far
        self.costs = costs

    def gains(self, candidates: FloatArray) -> FloatArray:
        """Area that each of ``(k, c, 2)`` adds to its draw's front, ``(k, c)``."""
        x, height = self._stairs()
        k = len(x)
        left = np.concatenate([np.full((k, 1), -np.inf), x], axis=1)  # strips between neighbouring points
        right = np.concatenate([x, np.full((k, 1), self.far)], axis=1)
        height = np.concatenate([np.full((k, 1), self.far), height], axis=1)
        a, b = candidates[:, :, 0, None], candidates[:, :, 1, None]
        width = np.maximum(right[:, None, :] - np.maximum(left[:, None, :], a), 0.0)
        return np.asarray((width * np.maximum(height[:, None, :] - b, 0.0)).sum(axis=2))

    def _stairs(self) -> tuple[FloatArray, FloatArray]:
        """First costs, rising, and second costs, falling, of each front ``(k, s)``; short ones end at `far`."""
        order = np.argsort(self.costs[:, :, 0], axis=1, kind="stable")
        x = np.take_along_axis(self.costs[:, :, 0], order, axis=1)
        height = np.minimum.accumulate(np.take_along_axis(self.costs[:, :, 1], order, axis=1), axis=1)
        lower = np.diff(height, axis=1, prepend=np.inf) < 0
        x = np.where(lower, x, self.far)
        order = np.argsort(~lower, axis=1, kind="stable")[:, : int(lower.sum(axis=1).max())]
        return np.take_along_axis(x, order, axis=1), np.take_along_axis(height, order, axis=1)

    def add(self, points: FloatArray) -> None:
        """One more point ``(k, 2)`` for each draw."""
        self.costs = np.concatenate([self.costs, points[:, None]], axis=1)


class Points:
    """As `Strips`, for any number of costs: the share of random points that a candidate is the first to dominate."""

    def __init__(self, costs: FloatArray, far: float, rng: np.random.Generator) -> None:
        low = costs.min(axis=(0, 1))
        self.points = low + rng.random((_POINTS, costs.shape[2])) * (far - low)
        self.free: BoolArray = np.logical_not(self._dominated(costs).any(axis=1))

    def gains(self, candidates: FloatArray) -> FloatArray:
        """See `Strips.gains`, as shares of the box."""
        first = [self._dominated(candidates[i : i + 1])[0] & self.free[i] for i in range(len(candidates))]
        return np.stack([inside.mean(axis=1) for inside in first])

    def add(self, points: FloatArray) -> None:
        """See `Strips.add`."""
        self.free &= ~self._dominated(points[:, None])[:, 0]

    def _dominated(self, costs: FloatArray) -> BoolArray:
        """Which points each of ``(k, c, m)`` dominates, ``(k, c, p)``."""
        inside = np.ones((*costs.shape[:2], len(self.points)), dtype=np.bool_)
        for i in range(costs.shape[2]):
            inside &= costs[:, :, i, None] <= self.points[:, i]
        return inside
