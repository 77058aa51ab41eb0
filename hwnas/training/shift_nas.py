"""Sizes by need (Zhang et al., "ShiftNAS: Improving One-shot NAS via Probability Shift", ICCV 2023).

Where every choice is drawn uniformly, nearly all sub-networks are of middling size, and the small and the large ones
are trained too little. So a size is drawn first, of one of `bins`, then a sub-network of that size; and bins whose
sub-networks still have large gradients are drawn more often:

    P(bin) = floor / bins + (1 - floor) u / sum(u),

with u the averaged norm of the gradient per square root of the values that learn. No code was published; others tell of
the paper that it learns bins by a gradient through the inner step, and makes sub-networks of a size by an LSTM.

Where we differ: u is of training gradients, which cost no passes, and P follows it directly; sub-networks of a size are
made by moving single choices of a uniformly drawn one; bins are equally wide on a logarithmic scale of sizes. With
`learnt=false` all bins are equally likely: the control that tells whether learning them is needed. The other control,
uniform choices, is method `uniform`.
"""

from collections.abc import Sequence

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import ArchitectureSampler, Method
from hwnas.contracts.training_step import Job, State, Statistics, Step
from hwnas.training._size import Sizes

_KEPT = 0.9  # of u, from one step in a bin to the next
_MOVES = 200  # single choices that are moved until a size is given up


class _BySize(ArchitectureSampler):
    def __init__(self, space: SearchSpace, bins: int, floor: float, *, learnt: bool) -> None:
        self._space, self._sizes = space, Sizes(space, "shift_nas")
        self._floor, self._learnt = floor, learnt
        self._need = np.full(bins, np.nan)  # NaN: not seen yet

    @property
    def shares(self) -> FloatArray:
        """P(bin), ``(bins,)``; a bin that was not seen yet counts as the mean of the others."""
        equal = np.full(len(self._need), 1 / len(self._need))
        if not self._learnt or np.isnan(self._need).all() or not np.nansum(self._need):
            return equal
        need = np.where(np.isnan(self._need), np.nanmean(self._need), self._need)
        return np.asarray(self._floor * equal + (1 - self._floor) * need / need.sum())

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        bins = len(self._need)
        wanted = (rng.choice(bins, p=self.shares) + rng.random()) / bins
        return [Job(self._space.decode(self._of_size(step.stage.space, wanted, rng)), "random")]

    def _bin(self, share: float) -> int:
        return min(int(share * len(self._need)), len(self._need) - 1)

    def _of_size(self, space: SubSpace, wanted: float, rng: np.random.Generator) -> IntArray:
        """One in the bin of a share ``wanted`` of the way from the smallest to the largest, or the nearest found."""
        best = space.sample(1, rng)
        share = float(self._sizes.shares(best)[0])
        for _ in range(_MOVES):
            if self._bin(share) == self._bin(wanted):
                break
            moved, gene = best.copy(), rng.integers(best.shape[1])
            moved[0, gene] = rng.choice(space.allowed[gene])
            moved = self._space.canonical(moved)
            other = float(self._sizes.shares(moved)[0])
            if abs(other - wanted) <= abs(share - wanted):
                best, share = moved, other
        genome: IntArray = best[0]
        return genome

    def on_step(self, statistics: Statistics) -> None:
        if not self._learnt:
            return
        parameters = statistics.context.parameters.values()
        values = sum(p.numel() for p in parameters if p.grad is not None)
        norm = float(np.linalg.norm(list(statistics.gradient_norms.values()))) / values**0.5
        for job, _ in statistics.context.outputs[:1]:
            number = self._bin(self._sizes.shares(self._space.encode(job.architecture)[None])[0])
            before = self._need[number]
            self._need[number] = norm if np.isnan(before) else _KEPT * before + (1 - _KEPT) * norm

    def state(self) -> State:
        return {"need": [None if np.isnan(need) else float(need) for need in self._need]}

    def restore(self, state: State) -> None:
        self._need = np.array([np.nan if need is None else need for need in state["need"]])


def shift_nas(space: SearchSpace, *, bins: int = 8, floor: float = 0.2, learnt: bool = True) -> Method:
    """One sub-network per step, of a size that is drawn first.

    Args:
        space: what is searched.
        bins: of sizes, at least 2.
        floor: share of the steps that all bins have alike, above 0 and at most 1.
        learnt: whether bins are drawn by the gradients seen in them.

    Raises:
        InputError: an argument is out of its range, or all sub-networks are of one size.
    """
    if not (bins >= 2 and 0 < floor <= 1):
        raise InputError(
            f"Method 'shift_nas' needs at least 2 bins and a floor above 0 and at most 1, got {bins} and {floor}."
        )
    seam = _BySize(space, bins, floor, learnt=learnt)
    return Method("shift_nas", {"bins": bins, "floor": floor, "learnt": learnt}, architectures=seam)
