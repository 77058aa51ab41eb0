"""How good guesses are on rows they were not learnt from: folds, and the figures of an honesty card."""

from collections.abc import Callable, Iterator

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.predictor import HonestyCard, Prediction

FOLDS = 10

FitPredict = Callable[[FloatArray, FloatArray, FloatArray], Prediction]


def folds(features: FloatArray, seed: int) -> Iterator[tuple[IntArray, IntArray]]:
    """Rows to learn from and rows held out, ten times, each row held out once.

    Equal rows are held out together (two networks that do not differ would otherwise be a leak), unless there are
    fewer different rows than folds.
    """
    distinct, group = np.unique(features, axis=0, return_inverse=True)
    if len(distinct) < FOLDS:
        group = np.arange(len(features))
    groups = int(group.max()) + 1
    fold = (np.random.default_rng(seed).permutation(groups) % FOLDS)[group.reshape(-1)]
    for i in range(FOLDS):
        yield np.flatnonzero(fold != i), np.flatnonzero(fold == i)


def held_out(features: FloatArray, target: FloatArray, fit_predict: FitPredict, seed: int) -> Prediction:
    """Predictions ``(n,)`` for every row by ``fit_predict(features, target, new_features)`` on the other folds."""
    mean, low, high = (np.empty(len(target)) for _ in range(3))
    for learn, rest in folds(features, seed):
        prediction = fit_predict(features[learn], target[learn], features[rest])
        mean[rest], low[rest], high[rest] = prediction.mean, prediction.low, prediction.high
    return Prediction(mean, low, high)


def honesty_card(
    target: FloatArray, prediction: Prediction, *, target_name: str, model: str, relative: bool, confidence: float
) -> HonestyCard:
    """The card of held-out predictions ``(n,)`` of `target` ``(n,)``."""
    from scipy.stats import kendalltau

    error = np.abs(prediction.mean - target) / (np.abs(target) if relative else 1.0)
    tau = float(kendalltau(prediction.mean, target).statistic)
    # A constant target is held by an interval of width 0 only up to rounding.
    slack = 1e-9 * np.abs(target)
    inside = (prediction.low - slack <= target) & (target <= prediction.high + slack)
    return HonestyCard(
        target=target_name,
        model=model,
        samples=len(target),
        held_out=len(target),
        mean_error=float(error.mean()),
        p95_error=float(np.quantile(error, 0.95)),
        relative=relative,
        kendall_tau=0.0 if np.isnan(tau) else tau,
        interval_confidence=confidence,
        interval_coverage=float(inside.mean()),
    )
