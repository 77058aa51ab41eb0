"""Networks as regressors of figures: a `Fit` whose spread is the disagreement of its members."""

from collections.abc import Callable

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.surrogates.base.seams import Fit, Predict, Values
from hwnas.surrogates.regressors.mlp import Training, trained


def networks(features: Callable[[IntArray], FloatArray], how: Training, seed: int) -> Fit:
    """A `Fit` of networks on the features ``(n, f)`` of genomes; `seed` and the number of rows decide all chance.

    Trained by pairs, the output is an order; a line fitted to what was measured turns it into figures.
    """

    def fit(genomes: IntArray, figures: FloatArray, objective: Objective) -> Predict:  # noqa: ARG001
        x = features(genomes)
        level, scale = figures.mean(), figures.std() or 1.0
        y = (figures - level) / scale
        members = trained(x, y, how, np.random.default_rng([seed, len(y)]))
        slope, start = np.ones(how.members), np.zeros(how.members)
        if how.loss == "pairs":
            output = members(x)
            centred = output - output.mean(axis=1, keepdims=True)
            slope = np.maximum(centred @ y, 1e-9) / np.maximum((centred**2).sum(axis=1), 1e-9)
            start = -slope * output.mean(axis=1)

        def predict(others: IntArray) -> Values:
            guesses = level + scale * (members(features(others)) * slope[:, None] + start[:, None])
            if len(guesses) == 1:
                return np.asarray(guesses[0])
            return guesses.mean(axis=0), guesses.std(axis=0, ddof=1)

        return predict

    return fit
