"""A fitted predictor as a function of genomes, quick enough for the inside of a search.

The features, and what the predictor's view makes of them, become a look-up table the first time many genomes are
asked for; few genomes do not pay for making it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.predictors._calibrated import CalibratedPredictor
from hwnas.predictors._features import features
from hwnas.predictors._fitted import nothing
from hwnas.predictors._lookup import Lookup

if TYPE_CHECKING:
    from hwnas.contracts.predictor import Prediction

_MANY = 20_000  # genomes asked for in all, before a table is made


class OfGenomes:
    """Predictions ``(n,)`` of genomes ``(n, g)`` by a predictor that was fitted on the features of its space.

    Raises:
        InputError: the predictor has learnt nothing, or knows no space.
    """

    def __init__(self, predictor: CalibratedPredictor) -> None:
        if predictor.space is None:
            raise InputError("A predictor of genomes has to know its space; make it with space=....")
        self._fit, self._space = predictor.fitted, predictor.space
        self._asked = 0
        self._table: Lookup | None = None
        self._tried = False

    def __call__(self, genomes: IntArray) -> Prediction:
        """The same as predicting their `features`, up to rounding."""
        if not len(genomes):
            return nothing()
        self._asked += len(genomes)
        if self._asked >= _MANY and not self._tried:
            self._tried = True
            self._table = Lookup.of(self._space, self._direct)
        return self._fit.guess(self._table(genomes) if self._table else self._direct(genomes))

    def _direct(self, genomes: IntArray) -> FloatArray:
        return self._fit.view(features(self._space, genomes))
