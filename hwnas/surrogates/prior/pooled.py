"""What `surrogate` learns with: a Gaussian process whose prior knows that choices of a kind resemble one another.

A few dozen measurements cannot tell the effect of every option of every choice; effects that choices share (`effects`)
they can. How much each sort matters is found by the likelihood of what was measured (`evidence`).

All of it is a polynomial of degree two in the one-hot genes, so the mean is one quadratic form, whose cost does not
grow with what was measured: an evolution may ask for it a hundred thousand times a second. So is every function drawn
from the posterior (Wilson et al. 2020, arXiv:2002.09309, for the pathwise update).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.base.per_objective import violations
from hwnas.surrogates.base.seams import Guess, History
from hwnas.surrogates.prior.bounded import bounded
from hwnas.surrogates.prior.effects import Part, part_maps
from hwnas.surrogates.prior.inputs import inputs
from hwnas.surrogates.prior.posterior import Posterior, Posteriors
from hwnas.surrogates.prior.warping import Warp, softened

Rows = npt.NDArray[np.floating[Any]]
"""Inputs ``(c, f)``, in double precision to learn from and in single precision to ask about."""


@dataclass(frozen=True)
class Pooled:
    """A `Scorer`: one Gaussian process per objective; those with an exact function are computed instead.

    Args:
        space: where is searched; it may have more features than the history's.
    """

    space: SearchSpace

    def __call__(self, history: History, rng: np.random.Generator) -> PooledModel:
        """See `Scorer`; from at most `bounded.MOST` measurements."""
        history = bounded(history, rng)
        parts, rows = part_maps(self.space), inputs(self.space, history.genomes)
        learnt = [
            None if o.exact is not None else Learnt(parts, rows, costs, noisy=o.noisy)
            for o, costs in zip(history.objectives, history.costs.T, strict=True)
        ]
        return PooledModel(
            history, self.space, learnt, [None if posterior is None else posterior.form for posterior in learnt]
        )


class PooledModel(Posteriors):
    """A `Model` of one function for each objective: the mean, or one drawn; the inputs are made once for all.

    Args:
        history: what was measured.
        space: where is searched.
        learnt: one for each objective that is not exact.
        forms: the functions, see `Learnt.costs`.
    """

    def __init__(
        self,
        history: History,
        space: SearchSpace,
        learnt: Sequence[Learnt | None],
        forms: Sequence[FloatArray | None],
    ) -> None:
        super().__init__(history, space, learnt)
        self.pooled, self.forms = learnt, forms

    def __call__(self, genomes: IntArray) -> Guess:
        """See `Model`."""
        rows = inputs(self.space, genomes).astype(np.float32)  # half the time, and far finer than any guess
        mean = np.empty((len(genomes), len(self.pooled)))
        for i, (learnt, form, exact) in enumerate(zip(self.pooled, self.forms, self.exact, strict=True)):
            if learnt is not None and form is not None:
                mean[:, i] = learnt.costs(rows, form)
            elif exact is not None:
                mean[:, i] = self.history.signs[i] * np.asarray(exact(genomes))
        beyond = violations(mean * self.history.signs, self.history.objectives)
        return Guess(mean, np.zeros_like(mean), beyond)

    def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:
        """See `Model`; joint over the candidates."""
        return np.stack([self.imagined(rng)(genomes).mean for _ in range(k)])

    def imagined(self, rng: np.random.Generator) -> PooledModel:
        """See `Imagining`."""
        drawn = [None if posterior is None else posterior.drawn(rng) for posterior in self.pooled]
        return PooledModel(self.history, self.space, self.pooled, drawn)


class Learnt(Posterior):
    """One objective's Gaussian process, its functions collapsed to quadratic forms.

    Args:
        parts: the sorts of effects.
        rows: inputs ``(n, f)``.
        costs: minimised, ``(n,)``.
        noisy: see `Posterior`.
    """

    def __init__(self, parts: Sequence[Part], rows: FloatArray, costs: FloatArray, *, noisy: bool = False) -> None:
        super().__init__(parts, rows, costs, _softened, noisy=noisy)
        self.rows, self.form = rows, self._collapsed(self.dual)

    def costs(self, rows: Rows, form: FloatArray) -> FloatArray:
        """What a function says of inputs ``(c, f)``, ``(c,)``."""
        quick = form.astype(rows.dtype, copy=False)
        return self.warp.undone(self.level + self.scale * _quadratic(quick, rows).astype(np.float64))

    def drawn(self, rng: np.random.Generator) -> FloatArray:
        """The form of a function from the posterior."""
        prior = self._prior_draw(rng)
        there = _quadratic(prior, self.rows) + np.sqrt(self.shares[-1]) * rng.standard_normal(len(self.rows))
        return self.form + prior - self._collapsed(self.solved(there))

    def _prior_draw(self, rng: np.random.Generator) -> FloatArray:
        """A function before anything was measured: effects drawn for each feature, and each product of two."""
        width = self.effects.parts[0].maps[0].shape[0]
        form = np.zeros((width, width))
        for part, share, size in zip(self.effects.parts, self.shares[:-1], self.effects.sizes, strict=True):
            for m in part.maps:
                k = m.shape[1]
                if part.degree == 1:
                    form[:, -1] += np.sqrt(share / size) * (m @ rng.standard_normal(k))
                else:
                    form += np.sqrt(share / size) * (m @ rng.standard_normal((k, k)) @ m.T)
        return form

    def _collapsed(self, dual: FloatArray) -> FloatArray:
        width = self.effects.parts[0].maps[0].shape[0]
        form = np.zeros((width, width))
        for part, some, share, size in zip(
            self.effects.parts, self.effects.features, self.shares[:-1], self.effects.sizes, strict=True
        ):
            for m, f in zip(part.maps, some, strict=True):
                if part.degree == 1:
                    form[:, -1] += share / size * (m @ (f.T @ dual))
                else:
                    form += share / size * (m @ ((f * dual[:, None]).T @ f) @ m.T)
        return np.asarray(form)


def _softened(grams: FloatArray, costs: FloatArray, degrees: Sequence[int]) -> Warp:  # noqa: ARG001
    """The only `Warping` that a search of a large space takes."""
    return softened(costs)


def _quadratic(form: Rows, rows: Rows) -> Rows:
    """Of inputs ``(c, f)`` with a 1 appended, ``(c,)``."""
    products = np.einsum("cf,cf->c", rows @ form[:-1, :-1], rows)
    return np.asarray(products + rows @ (form[:-1, -1] + form[-1, :-1]) + form[-1, -1])
