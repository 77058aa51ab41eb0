"""Strategies with the part taken out, or exchanged, that their papers say matters; the search finds them by name."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.repair.rounding import RoundingRepair

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.finding import find
from hwnas.genomes.listing import genomes_of
from hwnas.searches import search
from hwnas.strategies.nsga2 import NSGA2Search
from hwnas.strategies.rank_nosh import RankNosh
from hwnas.surrogates.base.seams import History
from hwnas.surrogates.regressors.pairwise import with_products

PENALTY = 1.0  # of the ridge on accuracies, as that of RANK-NOSH's ranker on pairs


class LosersLeave(RankNosh):
    """Only newcomers of a round may move up; who stayed behind once is out, as in successive halving."""

    def _next(self, rng: np.random.Generator) -> tuple[bytes, int] | None:
        for rung in range(self.top - 1, -1, -1):
            rounds = self._rounds(rung)
            if rounds and len(self._asked[rung + 1]) < self._due(rung + 1, rounds):
                since = self._due(rung, rounds - 1) if rounds > 1 else 0
                newcomers = set(list(self._told[rung])[since : self._due(rung, rounds)])
                for name in self.best(rung):
                    if name in newcomers and name not in self._asked[rung + 1]:
                        return name, rung + 1
        new = self._new(rng)
        return None if new is None else (new, 0)


class OnValues(RankNosh):
    """Its score is a ridge regression on the last accuracy of each, after however many epochs."""

    def _weights(self, furthest: Mapping[bytes, int], rng: np.random.Generator) -> FloatArray:  # noqa: ARG002
        features = with_products(self.space.one_hot(genomes_of(list(furthest), self.space)))
        values = -np.array([self.costs([name], rung)[0][0, 0] for name, rung in furthest.items()])
        gram = features.T @ features + PENALTY * np.eye(features.shape[1])
        spread = float(values.std()) or 1.0
        return np.asarray(np.linalg.solve(gram, features.T @ ((values - values.mean()) / spread)))


class DeathPenalty(NSGA2Search):
    """Whoever breaks a limit is forgotten."""

    @property
    def history(self) -> History:
        """Of those within the limits, once there are two."""
        whole = super().history
        kept = whole.violations <= 0
        if kept.sum() < 2:
            return whole
        parts = {name: getattr(whole, name)[kept] for name in ("genomes", "figures", "repeats", "violations")}
        return replace(whole, **parts)


class ForNumbers(NSGA2Search):
    """Simulated binary crossover and polynomial mutation, rounded, as pymoo's documentation has them for integers."""

    def _algorithm(self, seed: int) -> Any:  # noqa: ANN401
        algorithm = super()._algorithm(seed)
        algorithm.mating.crossover = SBX(prob=1.0, eta=3.0, vtype=float, repair=RoundingRepair())
        algorithm.mating.mutation = PM(prob=1.0, eta=3.0, vtype=float, repair=RoundingRepair())
        return algorithm


ABLATIONS: dict[str, object] = {
    "rank_nosh losers leave": LosersLeave,
    "rank_nosh on values": OnValues,
    "nsga2 death penalty": DeathPenalty,
    "nsga2 for numbers": ForNumbers,
}


def found(room: str, name: str) -> object:
    """As `find`, and the strategies of this file."""
    return ABLATIONS[name] if name in ABLATIONS else find(room, name)


search.find = found  # type: ignore[assignment]
