"""A new device from a few timings and the tables of other devices.

What an operation costs differs between devices, but not in any way: every device known is one draw of costs. So the
costs on a new device (coefficients of a linear model of latency) are expected near the mean of the known ones, straying
from it as those stray from one another, and a little beyond, and a handful of timings says where. That is Bayesian
linear regression with a prior learnt from the sources (hierarchical Bayes; for the setting see Lee et al., HELP,
NeurIPS 2021, who meta-learn a network instead). Latencies of all devices are compared as shares of their mean.

Which architectures to time is told by the same prior, see `transfer_timings`. Ten timings carry intervals of 90 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.predictors._calibrated import CalibratedPredictor
from hwnas.predictors._design import most_informative
from hwnas.predictors._regressor import LinearRegressor, Standard
from hwnas.predictors._views import View, views
from hwnas.predictors.ridge import RidgeRegressor

if TYPE_CHECKING:
    from typing import Unpack

    from hwnas.contracts.search_space import SearchSpace
    from hwnas.predictors._calibrated import Settings

Table = tuple[FloatArray, FloatArray]
"""Features ``(n, f)`` and latencies ``(n,)`` of one device."""

# How much more than the sources stray from one another a new device may stray; what the sources never show, as a share
# of what they do; noise of a timing. The likeliest combination is taken.
_STRAY = (0.3, 1.0, 3.0)
_UNSEEN = (0.01, 0.1, 0.5)
_NOISE = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
_NEAR_ZERO = 0.5  # shares below it do not count for more, as in `CalibratedPredictor`
_SCALE_SPREAD = 0.5  # of a device's overall speed, which its first timings give roughly


@dataclass(frozen=True)
class Prior:
    """Of shares of the mean latency: ``[1, view(features) standardised] @ costs``, costs about `mean`."""

    view: View
    standard: Standard
    mean: FloatArray
    directions: FloatArray  # (k, f + 1): how the sources' costs stray from their mean, one row per source

    def rows(self, features: FloatArray) -> FloatArray:
        """``(n, f) -> (n, k + 1)``."""
        seen = self.standard(self.view(features))
        return np.concatenate([np.ones((len(seen), 1)), seen], axis=1)

    def ways(self, stray: float, unseen: float) -> FloatArray:
        """How costs may differ from the mean, one way per row, ``(m, k + 1)``; each by a standard normal amount."""
        typical = unseen * float(np.sqrt(np.mean(self.directions**2)))
        return np.concatenate(
            [_SCALE_SPREAD * self.mean[None], stray * self.directions, typical * np.eye(len(self.mean))]
        )

    def factors(self, features: FloatArray, stray: float, unseen: float) -> FloatArray:
        """What the shares vary by, ``(n, m)``: their covariance is ``factors @ factors.T``."""
        factors: FloatArray = self.rows(features) @ self.ways(stray, unseen).T
        return factors


class TransferRegressor(LinearRegressor):
    """Linear in the features, with the costs expected from other devices."""

    name = "transfer"
    complexity = 0
    whole = True

    def __init__(self, seed: int = 0, *, prior: Prior) -> None:
        super().__init__(seed)
        self._prior = prior

    def fit(self, features: FloatArray, target: FloatArray, row_scale: FloatArray) -> FloatArray:
        """See `Regressor.fit`; leave-one-out guesses are exact for the variances found."""
        prior = self._prior
        rows = prior.rows(features)
        expected = rows @ prior.mean
        self._size = float(np.median(target / np.maximum(expected, 0.05)))
        deviation = target / self._size - expected
        scatter = 1 / (row_scale * self._size)
        best = -np.inf
        for stray in _STRAY:
            for unseen in _UNSEEN:
                factors = prior.factors(features, stray, unseen)
                covariance = factors @ factors.T
                for noise in _NOISE:
                    likelihood = _likelihood(covariance + np.diag((noise * scatter) ** 2), deviation)
                    if likelihood > best:
                        best, chosen = likelihood, (stray, unseen, noise)
        stray, unseen, noise = chosen
        factors = prior.factors(features, stray, unseen)
        inverse = np.linalg.inv(factors @ factors.T + np.diag((noise * scatter) ** 2))
        weights = inverse @ deviation
        # Factors are linear in the rows, so what was learnt is a change of costs.
        costs = prior.mean + prior.ways(stray, unseen).T @ (factors.T @ weights)
        coefficients = costs[1:] / prior.standard.scale
        self._coefficients = self._size * (prior.view.matrix @ coefficients)
        self._intercept = self._size * float(costs[0] - prior.standard.centre @ coefficients)
        guesses: FloatArray = target - self._size * weights / np.diag(inverse)
        return guesses


def transfer_timings(
    sources: Sequence[Table],
    candidates: FloatArray,
    n: int,
    space: SearchSpace | None = None,
    *,
    timed: IntArray | None = None,
) -> IntArray:
    """Indices of the `n` architectures among candidates ``(m, f)`` whose timings tell most about a new device, beside
    those of the `timed` ones.

    Raises:
        InputError: no sources, or fewer candidates than `n`.
    """
    prior = learn_prior(sources, space)
    factors = prior.factors(candidates, 1.0, _UNSEEN[1])
    expected = np.maximum(prior.rows(candidates) @ prior.mean, _NEAR_ZERO)
    return most_informative(factors / expected[:, None], n, timed=timed)


def transfer(sources: Sequence[Table] = (), **settings: Unpack[Settings]) -> CalibratedPredictor:
    """A predictor for a new device that starts from other devices' tables; without any, a ridge regression.

    Args:
        sources: features and latencies of other devices, in the features of the same space; they need not share
            architectures.
        settings: see `CalibratedPredictor`; with ten timings, ``confidence=0.9``.

    Raises:
        InputError: the sources' features differ in width.
    """
    if not sources:
        return CalibratedPredictor((RidgeRegressor,), **settings)
    make = partial(TransferRegressor, prior=learn_prior(sources, settings.get("space")))
    return CalibratedPredictor((make,), **settings)


def learn_prior(sources: Sequence[Table], space: SearchSpace | None) -> Prior:
    """Costs on every source, in the view through which they are predicted best.

    Raises:
        InputError: no sources, or their features differ in width.
    """
    widths = {rows.shape[1] for rows, _ in sources}
    if len(widths) != 1:
        raise InputError(f"Sources are at least one table, all with the same features, got widths {sorted(widths)}.")
    tried = [_costs(sources, view) for view in views(space, widths.pop())]
    _, prior = min(tried, key=lambda trial: trial[0])
    return prior


def _costs(sources: Sequence[Table], view: View) -> tuple[float, Prior]:
    """The mean left-out error, relative, and the prior in one view."""
    standard = Standard.of(view(np.concatenate([rows for rows, _ in sources])))
    costs, errors = [], []
    for rows, latencies in sources:
        share = latencies / latencies.mean()
        seen = standard(view(rows))
        weight = 1 / np.maximum(share, 0.5 * np.median(share))
        regressor = RidgeRegressor()
        guesses = regressor.fit(seen, share, weight)
        errors.append(float(np.minimum(np.abs(weight * (share - guesses)), 1.0).mean()))
        intercept = regressor.predict(np.zeros((1, seen.shape[1])))[0]
        costs.append(np.concatenate([[intercept], regressor.predict(np.eye(seen.shape[1])) - intercept]))
    stacked = np.stack(costs)
    mean = stacked.mean(axis=0)
    stray = (stacked - mean) / max(1.0, np.sqrt(len(stacked) - 1))
    if len(stacked) == 1:
        stray = 0.3 * stacked
    return float(np.mean(errors)), Prior(view, standard, mean, stray)


def _likelihood(covariance: FloatArray, deviation: FloatArray) -> float:
    """Logarithm of the normal density, up to a constant."""
    root = np.linalg.cholesky(covariance + 1e-12 * np.trace(covariance) * np.eye(len(covariance)))
    whitened = np.linalg.solve(root, deviation)
    return float(-0.5 * whitened @ whitened - np.log(np.diag(root)).sum())
