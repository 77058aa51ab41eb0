"""What `surrogate` learns with: a Gaussian process whose prior knows that choices of a kind resemble one another.

A few dozen measurements cannot tell the effect of every option of every choice. But spaces repeat themselves: twenty
blocks may each have a kernel size. So the prior holds, beside an effect of each option of each choice, effects that
are shared: by all choices of a kind (the same options), by those of a kind under the same parents (a stage), and by
neighbouring options of an ordered choice (a slope over their ranks). Products of two of these say that choices work
together, above all those under one condition (the parts of a block). How much each sort of effect matters is
found by the likelihood of what was measured (type-II maximum likelihood, Rasmussen and Williams 2006, chapter 5).

All of it is a polynomial of degree two in the one-hot genes, so the mean is one quadratic form, whose cost does not
grow with what was measured: an evolution may ask for it a hundred thousand times a second.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.search._scoring import exactly, violations
from hwnas.search._seams import Guess, History

Rows = npt.NDArray[np.floating[Any]]
"""Inputs ``(c, f)``, in double precision to learn from and in single precision to ask about."""

_MOST_TO_WEIGH = 150  # rows by which parts are weighed: cubic in them, and more change little
_STEPS = 40  # of the optimiser
_LINEAR, _PAIRS, _NOISE = 0.1, 0.02, 0.01  # where it begins, as shares of the variance
_DOUBT = 3.0  # standard deviation of the logarithm of a share, before anything was measured
_JITTER = 1e-6


@dataclass(frozen=True)
class Pooled:
    """A `Scorer`: one Gaussian process per objective; those with an exact function are computed instead.

    Greed for the mean alone never tries an option that once looked bad. So every other time, by lot, the model is not
    the mean but moved from it, by a share, towards a function drawn from the posterior (Thompson 1933); drawing one
    costs nothing, since it is a quadratic form as well (Wilson et al. 2020, arXiv:2002.09309, for the pathwise update).

    Args:
        space: where is searched.
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
        return PooledModel(history, learnt)


class PooledModel:
    """A `Model` of means alone; the inputs are made once for all objectives."""

    def __init__(self, history: History, learnt: Sequence[Learnt | None]) -> None:
        self.history, self.learnt = history, learnt
        self.exact = [exactly(history.space, o) if o.exact is not None else None for o in history.objectives]

    def __call__(self, genomes: IntArray) -> Guess:
        """See `Model`."""
        rows = inputs(self.history.space, genomes).astype(np.float32)  # half the time, and far finer than any guess
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


def inputs(space: SearchSpace, genomes: IntArray) -> FloatArray:
    """One-hot genes, then what the space itself says matters, ``(n, f)``."""
    hot = space.one_hot(genomes)
    return hot if space.features is None else np.concatenate([hot, space.features(genomes)], axis=1)


@dataclass(frozen=True)
class Part:
    """One sort of effect.

    Args:
        maps: from inputs to features, each ``(f, k)``; those of several maps act side by side.
        degree: 1: each feature has an effect; 2: so has each product of two of one map.
    """

    maps: tuple[FloatArray, ...]
    degree: int


def part_maps(space: SearchSpace) -> list[Part]:
    """The sorts of effects a space can have."""
    given = 0 if space.features is None else space.features(space.encode(space.smallest)[None]).shape[1]
    starts = np.concatenate([[0], np.cumsum(space.sizes)]).tolist()
    width = starts[-1] + given
    kinds = [(c.options, c.ordered, bool(c.active_if)) for c in space.choices]
    groups = [(kind, tuple(c.active_if)) for kind, c in zip(kinds, space.choices, strict=True)]
    conditions = [tuple(sorted(c.active_if.items())) for c in space.choices]
    alone = list(range(len(space.choices)))
    ranks = np.zeros((width, len(space.choices)))
    for i, choice in enumerate(space.choices):
        if choice.ordered:
            ranks[starts[i] : starts[i + 1], i] = np.arange(1, len(choice.options) + 1) / len(choice.options)
    options = {
        label: _sharing(labels, space, width) for label, labels in (("all", alone), ("kind", kinds), ("group", groups))
    }
    slopes = {label: ranks @ _sums(labels) for label, labels in (("all", alone), ("kind", kinds), ("group", groups))}
    both = [options["all"], options["kind"], slopes["kind"]]
    if given:
        both.append(np.eye(width)[:, starts[-1] :])
    linear = _different([*both, options["group"], slopes["all"], slopes["group"]])
    together = tuple(
        options["all"][:, np.concatenate([np.arange(starts[i], starts[i + 1]) for i in members])]
        for members in _members(conditions)
        if len(members) > 1
    )
    beside = [Part(together, 2)] if len(together) > 1 else []
    return [*(Part((m,), 1) for m in linear), *(Part((m,), 2) for m in _different(both)), *beside]


def _members(labels: Sequence[Hashable]) -> list[list[int]]:
    found: dict[Hashable, list[int]] = {}
    for i, label in enumerate(labels):
        found.setdefault(label, []).append(i)
    return list(found.values())


def _sums(labels: Sequence[Hashable]) -> FloatArray:
    """Adds up columns of one label, ``(number of labels, distinct labels)``."""
    members = _members(labels)
    sums = np.zeros((len(labels), len(members)))
    for column, rows in enumerate(members):
        sums[rows, column] = 1.0
    return sums


def _sharing(labels: Sequence[Hashable], space: SearchSpace, width: int) -> FloatArray:
    """From one-hot genes to counts of each option over the choices of a label."""
    pairs = [
        (label, option) for label, size in zip(labels, space.sizes.tolist(), strict=True) for option in range(size)
    ]
    sums = _sums(pairs)
    return np.concatenate([sums, np.zeros((width - len(sums), sums.shape[1]))])


def _different(maps: Sequence[FloatArray]) -> list[FloatArray]:
    """Without maps that are empty or were there before."""
    kept: list[FloatArray] = []
    for m in maps:
        if np.abs(m).sum() > 0 and not any(m.shape == k.shape and (m == k).all() for k in kept):
            kept.append(m)
    return kept


class Learnt:
    """One objective's Gaussian process, its mean collapsed to a quadratic form.

    Args:
        parts: the sorts of effects.
        rows: inputs ``(n, f)``.
        costs: minimised, ``(n,)``.
        rng: draws the function to move to.
        boldness: how far to move from the mean, see `Pooled`.
    """

    def __init__(
        self, parts: Sequence[Part], rows: FloatArray, costs: FloatArray, rng: np.random.Generator, boldness: float
    ) -> None:
        self.warp = Warp(costs)
        warped = self.warp(costs)
        self.level, self.scale = float(warped.mean()), float(warped.std()) or 1.0
        target = (warped - self.level) / self.scale
        centre, spread = rows.mean(axis=0), rows.std(axis=0)
        hot = np.isin(rows, (0.0, 1.0)).all(axis=0)  # one-hot genes keep their scale: a rare option is a small one
        scale = np.where(hot, 1.0, np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0))
        self.parts = [
            Part(tuple(np.vstack([m * scale[:, None], -(centre * scale) @ m]) for m in part.maps), part.degree)
            for part in parts
        ]
        whole = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
        features = [[whole @ m for m in part.maps] for part in self.parts]
        self.sizes = [_size(f, part.degree) for f, part in zip(features, self.parts, strict=True)]
        grams = np.stack([_gram(f, p.degree) / s for f, p, s in zip(features, self.parts, self.sizes, strict=True)])
        sample = np.unique(np.linspace(0, len(rows) - 1, _MOST_TO_WEIGH).astype(int))
        shares = weigh(grams[:, sample][:, :, sample], target[sample], [p.degree for p in self.parts])
        covariance = np.tensordot(shares[:-1], grams, 1)
        covariance[np.diag_indices_from(covariance)] += shares[-1] + _JITTER
        factor = cho_factor(covariance, lower=True)
        self.form = self._collapsed(features, shares, cho_solve(factor, target))
        if boldness > 0:
            prior = self._prior_draw(shares, rng)
            there = _quadratic(prior, rows) + np.sqrt(shares[-1]) * rng.standard_normal(len(rows))
            away = prior - self._collapsed(features, shares, cho_solve(factor, there))
            self.form = self.form + boldness * away

    def _prior_draw(self, shares: FloatArray, rng: np.random.Generator) -> FloatArray:
        """A function before anything was measured: effects drawn for each feature, and each product of two."""
        width = self.parts[0].maps[0].shape[0]
        form = np.zeros((width, width))
        for part, share, size in zip(self.parts, shares[:-1], self.sizes, strict=True):
            for m in part.maps:
                k = m.shape[1]
                if part.degree == 1:
                    form[:, -1] += np.sqrt(share / size) * (m @ rng.standard_normal(k))
                else:
                    form += np.sqrt(share / size) * (m @ rng.standard_normal((k, k)) @ m.T)
        return form

    def _collapsed(self, features: Sequence[Sequence[FloatArray]], shares: FloatArray, dual: FloatArray) -> FloatArray:
        width = self.parts[0].maps[0].shape[0]
        form = np.zeros((width, width))
        for part, some, share, size in zip(self.parts, features, shares[:-1], self.sizes, strict=True):
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


def _gram(features: Sequence[FloatArray], degree: int) -> FloatArray:
    return np.asarray(sum((f @ f.T) ** degree for f in features))


def _size(features: Sequence[FloatArray], degree: int) -> float:
    """Mean of the diagonal of a Gram matrix, so that a share of the variance means the same for every part."""
    return float(np.mean(sum((f**2).sum(axis=1) ** degree for f in features))) or 1.0


def weigh(grams: FloatArray, target: FloatArray, degrees: Sequence[int]) -> FloatArray:
    """Shares of the parts and of noise, ``(p + 1,)``, that make the target most likely.

    Args:
        grams: ``(p, n, n)``, each with a mean diagonal of 1.
        target: ``(n,)``, standardised.
        degrees: of the parts.
    """
    flat, n = grams.reshape(len(grams), -1), len(target)
    begin = np.log([*(_LINEAR if degree == 1 else _PAIRS for degree in degrees), _NOISE])

    def loss(logs: FloatArray) -> tuple[float, FloatArray]:
        shares = np.exp(logs)
        covariance = (shares[:-1] @ flat).reshape(n, n)
        covariance[np.diag_indices(n)] += shares[-1] + _JITTER
        try:
            factor = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros_like(logs)
        inverse = np.linalg.inv(covariance)
        dual = inverse @ target
        misfit = inverse - np.outer(dual, dual)
        away = (logs - begin) / _DOUBT
        value = 0.5 * target @ dual + np.log(np.diag(factor)).sum() + 0.5 * away @ away
        slope = 0.5 * shares * np.append(flat @ misfit.ravel(), np.trace(misfit)) + away / _DOUBT
        return float(value), slope

    bounds = [(-12.0, 4.0)] * len(grams) + [(np.log(1e-6), 2.0)]
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS})
    return np.asarray(np.exp(found.x))


class Warp:
    """Makes hopeless values less loud: far on the bad side costs grow as their logarithm.

    A network that does not learn at all is ten times as far from the others as they are from one another; where it
    is exactly says nothing about the front. Costs up to twice the way from the best to the median beyond it stay
    as they are.
    """

    def __init__(self, costs: FloatArray) -> None:
        middle = float(np.median(costs))
        self.reach = 2 * (middle - float(costs.min())) or float(np.ptp(costs)) or 1.0
        self.limit = middle + self.reach

    def __call__(self, costs: FloatArray) -> FloatArray:
        beyond = np.maximum(costs - self.limit, 0.0)
        return np.asarray(np.minimum(costs, self.limit) + self.reach * np.log1p(beyond / self.reach))

    def undone(self, warped: FloatArray) -> FloatArray:
        """The costs again."""
        beyond = np.minimum(np.maximum(warped - self.limit, 0.0) / self.reach, 50.0)
        return np.asarray(np.minimum(warped, self.limit) + self.reach * np.expm1(beyond))
