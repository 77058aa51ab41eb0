"""Ways of looking at the same columns: from few rows, many columns drown the few that matter, so each way is tried.

A view is a matrix ``(f, k)``: what is shown to a regressor is ``features @ matrix``. The views of a space are its
genes, what it says of hardware, both together, and of each of the three the totals over the places of the network.
Where a space describes a network in several rival ways (what a runtime does that runs dead branches, and one that
prunes them), it names its features ``way:figure``, and every way is a view too.

Places and kinds are told from names: ``stage1.expand_macs`` and ``stage2.expand_macs`` are of one kind, and so are the
options of choices ``stage1.block1.kernel`` and ``stage1.block2.kernel``, or ``edge1`` and ``edge2``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import BoolArray, FloatArray
from hwnas.predictors._traced import described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hwnas.contracts.search_space import SearchSpace


@dataclass(frozen=True)
class View:
    """What to call it, and the matrix ``(f, k)``."""

    name: str
    matrix: FloatArray

    def __call__(self, features: FloatArray) -> FloatArray:
        """``(n, f) -> (n, k)``."""
        seen: FloatArray = features @ self.matrix
        return seen


def everything(width: int) -> View:
    """All columns as they are."""
    return View("everything", np.eye(width))


def views(space: SearchSpace | None, width: int) -> list[View]:
    """Every view of the features of `space` (see `features`), all columns first; without a space, only that one."""
    chosen = [everything(width)]
    if space is None:
        return chosen
    space = described(space)
    genes, own = _gene_kinds(space), _own_kinds(space)
    kinds = [*genes, *own]
    is_gene = np.arange(width) < len(genes)
    ways = sorted({name.split(":")[0] for name in own if ":" in name})
    parts = [("genes", is_gene), ("hardware", ~is_gene), ("everything", np.ones(width, dtype=bool))]
    parts += [(way, ~is_gene & np.array([kind.startswith(f"{way}:") for kind in kinds])) for way in ways]
    for name, columns in parts:
        for matrix, told in ((np.eye(width)[:, columns], name), (_totals(kinds, columns), f"{name}, totals")):
            if matrix.shape[1] and not any(np.array_equal(matrix, view.matrix) for view in chosen):
                chosen.append(View(told, matrix))
    return chosen


def _totals(kinds: Sequence[str], columns: BoolArray) -> FloatArray:
    """One column per kind, the sum of its columns."""
    names = list(dict.fromkeys(kind for kind, on in zip(kinds, columns, strict=True) if on))
    matrix = np.zeros((len(kinds), len(names)))
    for i, kind in enumerate(kinds):
        if columns[i]:
            matrix[i, names.index(kind)] = 1
    return matrix


def _gene_kinds(space: SearchSpace) -> list[str]:
    def kind(name: str) -> str:
        return re.sub(r"\d+$", "", name.rsplit(".", 1)[-1])

    return [f"{kind(choice.name)}={option}" for choice in space.choices for option in choice.options]


def _own_kinds(space: SearchSpace) -> list[str]:
    def kind(name: str) -> str:
        way, colon, figure = name.rpartition(":")
        return way + colon + figure.rsplit(".", 1)[-1]

    return [kind(name) for name in space.feature_names] if space.features is not None else []
