"""Which columns to look at, and which regressor to believe: both by guesses for rows made without those rows.

Columns: genes and what the space says of hardware tell much the same, and from few rows each can drown the other; so
both together, and each alone, are tried with the simplest regressor. Regressor: the simplest whose mean error is
within one standard error, of the paired difference, of the best one's (Breiman et al., CART, 1984, with pairing).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import BoolArray, FloatArray
from hwnas.predictors._regressor import Regressor

MakeRegressor = Callable[[int], Regressor]


@dataclass(frozen=True)
class Choice:
    """A fitted regressor and its guesses ``(n,)`` for its own rows, each made without its row."""

    regressor: Regressor
    guesses: FloatArray
    errors: FloatArray


def choose(
    features: FloatArray,
    target: FloatArray,
    row_scale: FloatArray,
    *,
    candidates: Sequence[MakeRegressor],
    views: Sequence[BoolArray],
    seed: int,
) -> Choice:
    """The choice among `candidates`, the simplest first, and `views`, each ``(f,)``: the columns to look at.

    Columns that are not looked at are 0 while learning; as they are constant, no regressor uses them later either.
    """

    def fitted(make: MakeRegressor, view: BoolArray) -> Choice:
        regressor = make(seed)
        guesses = regressor.fit(features * view, target, row_scale)
        return Choice(regressor, guesses, np.abs(row_scale * (target - guesses)))

    tried = [fitted(candidates[0], view) for view in views]
    best = min(range(len(views)), key=lambda i: float(tried[i].errors.mean()))
    return simplest_within_one_error([tried[best], *(fitted(make, views[best]) for make in candidates[1:])])


def simplest_within_one_error(choices: Sequence[Choice]) -> Choice:
    """The first that is not clearly worse than the best."""
    best = min(choices, key=lambda choice: float(choice.errors.mean()))
    for choice in choices:
        worse = choice.errors - best.errors
        if worse.mean() <= worse.std() / math.sqrt(len(worse)):
            return choice
    return best
