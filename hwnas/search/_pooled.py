"""What `surrogate` learns with: a Gaussian process whose prior knows that choices of a kind resemble one another.

A few dozen measurements cannot tell the effect of every option of every choice; effects that choices share (`_effects`)
they can. How much each sort matters is found by the likelihood of what was measured (`_weighing`).

All of it is a polynomial of degree two in the one-hot genes, so the mean is one quadratic form, whose cost does not
grow with what was measured: an evolution may ask for it a hundred thousand times a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.search._effects import Effects, Part, inputs, part_maps
from hwnas.search._scoring import exactly, violations
from hwnas.search._seams import Guess, History
from hwnas.search._warping import softened
from hwnas.search._weighing import JITTER, shares_of

Rows = npt.NDArray[np.floating[Any]]
"""Inputs ``(c, f)``, in double precision to learn from and in single precision to ask about."""


@dataclass(frozen=True)
class Pooled:
    """A `Scorer`: one Gaussian process per objective; those with an exact function are computed instead.

    Greed for the mean alone never tries an option that once looked bad. So every other time, by lot, the model is not
    the mean but moved from it, by a share, towards a function drawn from the posterior (Thompson 1933); drawing one
    costs nothing, since it is a quadratic form as well (Wilson et al. 2020, arXiv:2002.09309, for the pathwise update).

    Args:
        space: where is searched; it may have more features than the history's.
        boldness: that share; 0: always the mean.
    """

    space: SearchSpace
    boldness: float = 0.3

    def __call__(self, history: History, rng: np.random.Generator) -> PooledModel:
        """See `Scorer`."""
        parts, boldness = part_maps(self.space), self.boldness * float(rng.integers(2))
        rows = inputs(self.space, history.genomes)
        learnt = [
            None if o.exact is not None else Learnt(parts, rows, costs, rng, boldness)
            for o, costs in zip(history.objectives, history.costs.T, strict=True)
        ]
        return PooledModel(history, learnt, self.space)


class PooledModel:
    """A `Model` of means alone; the inputs are made once for all objectives."""

    def __init__(self, history: History, learnt: Sequence[Learnt | None], space: SearchSpace) -> None:
        self.history, self.learnt, self.space = history, learnt, space
        self.exact = [exactly(history.space, o) if o.exact is not None else None for o in history.objectives]

    def __call__(self, genomes: IntArray) -> Guess:
        """See `Model`."""
        rows = inputs(self.space, genomes).astype(np.float32)  # half the time, and far finer than any guess
        mean = np.empty((len(genomes), len(self.learnt)))
        for i, (learnt, exact) in enumerate(zip(self.learnt, self.exact, strict=True)):
            if learnt is not None:
                mean[:, i] = learnt(rows)
            elif exact is not None:
                mean[:, i] = self.history.signs[i] * np.asarray(exact(genomes))
        beyond = violations(mean * self.history.signs, self.history.objectives)
        return Guess(mean, np.zeros_like(mean), beyond)

    def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:  # noqa: ARG002
        """See `Model`; every draw is the mean."""
        return np.broadcast_to(self(genomes).mean, (k, len(genomes), len(self.learnt)))


class Learnt:
    """One objective's Gaussian process, its mean collapsed to a quadratic form.

    Args:
        parts: the sorts of effects.
        rows: inputs ``(n, f)``.
        costs: minimised, ``(n,)``.
        rng: draws the function to move to.
        boldness: how far, see `Pooled`.
    """

    def __init__(
        self, parts: Sequence[Part], rows: FloatArray, costs: FloatArray, rng: np.random.Generator, boldness: float
    ) -> None:
        self.effects = effects = Effects(parts, rows)
        grams, degrees = effects.grams(), [part.degree for part in parts]
        self.warp = softened(costs)
        warped = self.warp(costs)
        self.level, self.scale = float(warped.mean()), float(warped.std()) or 1.0
        target = (warped - self.level) / self.scale
        shares = shares_of(grams, target, degrees)
        covariance = np.tensordot(shares[:-1], grams, 1)
        covariance[np.diag_indices_from(covariance)] += shares[-1] + JITTER
        factor = cho_factor(covariance, lower=True)
        self.form = self._collapsed(shares, cho_solve(factor, target))
        if boldness > 0:
            prior = self._prior_draw(shares, rng)
            there = _quadratic(prior, rows) + np.sqrt(shares[-1]) * rng.standard_normal(len(rows))
            away = prior - self._collapsed(shares, cho_solve(factor, there))
            self.form = self.form + boldness * away

    def _prior_draw(self, shares: FloatArray, rng: np.random.Generator) -> FloatArray:
        """A function before anything was measured: effects drawn for each feature, and each product of two."""
        width = self.effects.parts[0].maps[0].shape[0]
        form = np.zeros((width, width))
        for part, share, size in zip(self.effects.parts, shares[:-1], self.effects.sizes, strict=True):
            for m in part.maps:
                k = m.shape[1]
                if part.degree == 1:
                    form[:, -1] += np.sqrt(share / size) * (m @ rng.standard_normal(k))
                else:
                    form += np.sqrt(share / size) * (m @ rng.standard_normal((k, k)) @ m.T)
        return form

    def _collapsed(self, shares: FloatArray, dual: FloatArray) -> FloatArray:
        width = self.effects.parts[0].maps[0].shape[0]
        form = np.zeros((width, width))
        for part, some, share, size in zip(
            self.effects.parts, self.effects.features, shares[:-1], self.effects.sizes, strict=True
        ):
            for m, f in zip(part.maps, some, strict=True):
                if part.degree == 1:
                    form[:, -1] += share / size * (m @ (f.T @ dual))
                else:
                    form += share / size * (m @ ((f * dual[:, None]).T @ f) @ m.T)
        return np.asarray(form)

    def __call__(self, rows: Rows) -> FloatArray:
        """Mean costs of inputs ``(c, f)``, ``(c,)``."""
        form = self.form.astype(rows.dtype, copy=False)
        return self.warp.undone(self.level + self.scale * _quadratic(form, rows).astype(np.float64))


def _quadratic(form: Rows, rows: Rows) -> Rows:
    """Of inputs ``(c, f)`` with a 1 appended, ``(c,)``."""
    products = np.einsum("cf,cf->c", rows @ form[:-1, :-1], rows)
    return np.asarray(products + rows @ (form[:-1, -1] + form[-1, :-1]) + form[-1, -1])
