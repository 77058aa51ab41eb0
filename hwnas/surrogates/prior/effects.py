"""The sorts of effects that choices can have on a figure: parts of a Gaussian process's prior, see `pooled`.

Spaces repeat themselves: twenty blocks may each have a kernel size. So beside an effect of each option of each choice
there are effects that are shared: by all choices of a kind (the same options), by those of a kind under the same
parents (a stage), and by neighbouring options of an ordered choice (a slope over their ranks). Products of two say
that choices work together, above all those under one condition (the parts of a block).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.prior.inputs import groups, inputs


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
    sizes = groups(space)
    starts = np.concatenate([[0], np.cumsum(sizes)]).tolist()
    width = inputs(space, space.encode(space.smallest)[None]).shape[1]
    given = width - starts[-1]
    kinds = [(c.options, c.ordered, bool(c.active_if)) for c in space.choices]
    stages = [(kind, tuple(c.active_if)) for kind, c in zip(kinds, space.choices, strict=True)]
    conditions = [tuple(sorted(c.active_if.items())) for c in space.choices]
    alone = list(range(len(space.choices)))
    ranks = np.zeros((width, len(space.choices)))
    for i, choice in enumerate(space.choices):
        if choice.ordered:
            ranks[starts[i] : starts[i + 1], i] = np.arange(1, sizes[i] + 1) / sizes[i]
    options = {
        label: _sharing(labels, sizes, width) for label, labels in (("all", alone), ("kind", kinds), ("group", stages))
    }
    slopes = {label: ranks @ _sums(labels) for label, labels in (("all", alone), ("kind", kinds), ("group", stages))}
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
    members: dict[Hashable, list[int]] = {}
    for i, label in enumerate(labels):
        members.setdefault(label, []).append(i)
    return list(members.values())


def _sums(labels: Sequence[Hashable]) -> FloatArray:
    """Adds up columns of one label, ``(number of labels, distinct labels)``."""
    members = _members(labels)
    sums = np.zeros((len(labels), len(members)))
    for column, rows in enumerate(members):
        sums[rows, column] = 1.0
    return sums


def _sharing(labels: Sequence[Hashable], sizes: IntArray, width: int) -> FloatArray:
    """From one-hot genes to counts of each option over the choices of a label."""
    pairs = [(label, option) for label, size in zip(labels, sizes.tolist(), strict=True) for option in range(size)]
    sums = _sums(pairs)
    return np.concatenate([sums, np.zeros((width - len(sums), sums.shape[1]))])


def _different(maps: Sequence[FloatArray]) -> list[FloatArray]:
    """Without maps that are empty or were there before."""
    different: list[FloatArray] = []
    for m in maps:
        if np.abs(m).sum() > 0 and not any(m.shape == k.shape and (m == k).all() for k in different):
            different.append(m)
    return different


class Effects:
    """Parts, scaled by what was measured.

    Args:
        parts: the sorts of effects.
        rows: inputs that were measured, ``(n, f)``.
    """

    def __init__(self, parts: Sequence[Part], rows: FloatArray) -> None:
        centre, scale = rows.mean(axis=0), scales(rows)
        self.parts = [
            Part(tuple(np.vstack([m * scale[:, None], -(centre * scale) @ m]) for m in part.maps), part.degree)
            for part in parts
        ]
        self.features = self.of(rows)
        self.sizes = [_size(f, part.degree) for f, part in zip(self.features, self.parts, strict=True)]

    def of(self, rows: FloatArray, shares: FloatArray | None = None) -> list[list[FloatArray]]:
        """Features of inputs, for each map of each part; none of parts without a share."""
        whole = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
        wanted = np.ones(len(self.parts)) if shares is None else shares
        return [
            [whole @ m for m in part.maps] if share > 0 else [] for part, share in zip(self.parts, wanted, strict=True)
        ]

    def grams(self) -> FloatArray:
        """How alike what was measured is, ``(p, n, n)``, each with a mean diagonal of 1."""
        grams = [
            np.asarray(sum((f @ f.T) ** part.degree for f in features)) / size
            for features, part, size in zip(self.features, self.parts, self.sizes, strict=True)
        ]
        return np.stack(grams)

    def cross(self, rows: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Covariances of inputs ``(c, f)`` with what was measured ``(c, n)``, and their variances ``(c,)``."""
        covariance, variance = np.zeros((len(rows), len(self.features[0][0]))), np.zeros(len(rows))
        for there, here, part, share, size in zip(
            self.of(rows, shares), self.features, self.parts, shares, self.sizes, strict=True
        ):
            for a, b in zip(there, here, strict=bool(there)):
                shared = a * (share / size) ** (1 / part.degree)
                covariance += (shared @ b.T) ** part.degree
                variance += (shared * a).sum(axis=1) ** part.degree
        return covariance, variance


def scales(rows: FloatArray) -> FloatArray:
    """What inputs are multiplied by, ``(f,)``: one-hot genes keep theirs, since a rare option is a small one."""
    spread = rows.std(axis=0)
    hot = np.isin(rows, (0.0, 1.0)).all(axis=0)
    return np.where(hot, 1.0, np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0))


def _size(features: Sequence[FloatArray], degree: int) -> float:
    """Mean of the diagonal of a Gram matrix, so that a share of the variance means the same for every part."""
    return float(np.mean(sum((f**2).sum(axis=1) ** degree for f in features))) or 1.0
