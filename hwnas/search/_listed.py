"""What `surrogate` learns with where a space is small enough to be looked at in full: as `_pooled`, and nearness.

Sums of effects and of products of two leave out what a few choices do only together, such as a cell that loses its
last path. So architectures that are alike in all genes, or in all that the space says of itself, are expected to have
figures alike (squared-exponential kernels, three lengths each, weighed by the likelihood beside the other parts). Such
a model cannot be collapsed to a form, but every candidate is known beforehand, and it can say how sure it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, solve_triangular

from hwnas.contracts.arrays import BoolArray, FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.search._believing import Belief
from hwnas.search._effects import Effects, Part, inputs, part_maps, scales
from hwnas.search._scoring import exactly, violations
from hwnas.search._seams import Guess, History
from hwnas.search._weighing import JITTER, chosen_warp, shares_of

_LENGTHS = (0.5, 1.0, 2.0)  # of nearness, in median distances
_NEGLIGIBLE = 1e-3  # of the variance


@dataclass(frozen=True)
class Listed:
    """A `Scorer`: one Gaussian process per objective; those with an exact function are computed instead.

    Args:
        space: where is searched; it may have more features than the history's.
    """

    space: SearchSpace

    def __call__(self, history: History, rng: np.random.Generator) -> ListedModel:  # noqa: ARG002
        """See `Scorer`."""
        parts, genes = part_maps(self.space), int(self.space.sizes.sum())
        rows = inputs(self.space, history.genomes)
        learnt = [
            None if o.exact is not None else Believer(parts, rows, genes, costs, noisy=o.noisy)
            for o, costs in zip(history.objectives, history.costs.T, strict=True)
        ]
        return ListedModel(history, learnt, self.space)


class ListedModel:
    """A `Model` that can say what it believes."""

    def __init__(self, history: History, learnt: Sequence[Believer | None], space: SearchSpace) -> None:
        self.history, self.learnt, self.space = history, learnt, space
        self.exact = [exactly(history.space, o) if o.exact is not None else None for o in history.objectives]

    def beliefs(self, genomes: IntArray) -> list[Belief]:
        """See `Believing`."""
        rows, found = inputs(self.space, genomes), list[Belief]()
        for learnt, exact, sign in zip(self.learnt, self.exact, self.history.signs, strict=True):
            if learnt is not None:
                found.append(learnt(rows))
            elif exact is not None:
                found.append(Belief.known(sign * np.asarray(exact(genomes))))
        return found

    def __call__(self, genomes: IntArray) -> Guess:
        """See `Model`."""
        found = self.beliefs(genomes)
        mean = np.stack([b.middle for b in found], axis=1)
        beyond = violations(mean * self.history.signs, self.history.objectives)
        return Guess(mean, np.stack([b.width for b in found], axis=1), beyond)

    def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:
        """See `Model`; candidates are drawn independently."""
        return np.stack([b.draw(k, rng) for b in self.beliefs(genomes)], axis=2)


class Believer:
    """One objective's Gaussian process.

    Args:
        parts: the sorts of effects.
        rows: inputs ``(n, f)``.
        genes: how many of the inputs are genes.
        costs: minimised, ``(n,)``.
        noisy: whether measuring again gives another figure. If not, what no part explains is a trait of each
            architecture of its own, and nobody knows it of those that were not measured.
    """

    def __init__(
        self, parts: Sequence[Part], rows: FloatArray, genes: int, costs: FloatArray, *, noisy: bool = False
    ) -> None:
        self.effects, self.nearness = Effects(parts, rows), Nearness(rows, genes)
        near = list(self.nearness.each(rows, np.ones(len(self.nearness), dtype=np.bool_)))
        grams = np.concatenate([self.effects.grams(), np.stack(near)])
        degrees = [part.degree for part in parts] + [2] * (len(grams) - len(parts))
        self.warp = chosen_warp(grams, costs, degrees)
        warped = self.warp(costs)
        self.level, self.scale = float(warped.mean()), float(warped.std()) or 1.0
        target = (warped - self.level) / self.scale
        self.shares = shares_of(grams, target, degrees)
        self.shares[:-1][self.shares[:-1] < _NEGLIGIBLE * self.shares.sum()] = 0.0  # each costs a look at all there is
        covariance = np.tensordot(self.shares[:-1], grams, 1)
        covariance[np.diag_indices_from(covariance)] += self.shares[-1] + JITTER
        self.root = np.linalg.cholesky(covariance)
        self.dual = cho_solve((self.root, True), target)
        self.own = 0.0 if noisy else float(self.shares[-1])
        self.doubt = self._doubt()

    def _doubt(self) -> float:
        """How much further off than it thinks it is, where one measurement is left out; at least 1.

        In closed form (Rasmussen and Williams 2006, equation 5.12).
        """
        precision = np.diag(cho_solve((self.root, True), np.eye(len(self.root))))
        return max(1.0, float(np.sqrt(np.mean(self.dual**2 / precision))))

    def __call__(self, rows: FloatArray) -> Belief:
        """Of inputs ``(c, f)``."""
        known = len(self.effects.parts)
        covariance, variance = self.effects.cross(rows, self.shares[:known])
        near = self.shares[known:-1]
        for share, kernel in zip(near, self.nearness.each(rows, near > 0), strict=True):
            covariance += share * kernel
        half = solve_triangular(self.root, covariance.T, lower=True)
        left = np.maximum(variance + near.sum() - (half**2).sum(axis=0), JITTER) + self.own
        return Belief(
            self.warp, self.level + self.scale * (covariance @ self.dual), self.doubt * self.scale * np.sqrt(left)
        )


class Nearness:
    """Kernels of the distance to what was measured ``(n, f)``, in the genes and in the rest of the inputs."""

    def __init__(self, rows: FloatArray, genes: int) -> None:
        self.centre, self.scale = rows.mean(axis=0), scales(rows)
        self.views = [view for view in (slice(0, genes), slice(genes, None)) if rows[:, view].shape[1]]
        self.known = (rows - self.centre) * self.scale
        apart = [_squares(self.known[:, view], self.known[:, view]) for view in self.views]
        self.median = [float(np.median(a[np.triu_indices(len(a), 1)])) or 1.0 for a in apart]

    def __len__(self) -> int:
        return len(self.views) * len(_LENGTHS)

    def each(self, rows: FloatArray, wanted: BoolArray) -> Iterator[FloatArray | float]:
        """Of inputs ``(c, f)``, one kernel ``(c, n)`` after the other, 1 where nothing is between two; 0 for those not
        wanted ``(k,)``.
        """
        scaled = (rows - self.centre) * self.scale
        for view, median, some in zip(self.views, self.median, np.split(wanted, len(self.views)), strict=True):
            apart = _squares(scaled[:, view], self.known[:, view]) / median if some.any() else 0.0
            for length, one in zip(_LENGTHS, some, strict=True):
                yield np.exp(-0.5 / length**2 * apart) if one else 0.0


def _squares(one: FloatArray, other: FloatArray) -> FloatArray:
    """Squared distances ``(a, b)``."""
    lengths = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None]
    return np.asarray(np.maximum(lengths - 2 * one @ other.T, 0.0))
