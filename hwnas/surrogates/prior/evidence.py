"""How much each part of a prior matters, and which warp of the costs: by the likelihood of what was measured.

Type-II maximum likelihood (Rasmussen and Williams 2006, chapter 5), with a wide prior over the shares.
"""

from collections.abc import Sequence

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.surrogates.prior.warping import WARPS, Warp

JITTER = 1e-6
_MOST_TO_WEIGH = 150  # rows by which parts are weighed: cubic in them, and more change little
_MOST_TO_CHOOSE = 60  # rows by which a warp is chosen, since each is weighed anew
_STEPS, _STEPS_TO_CHOOSE = 40, 12  # of the optimiser
_LINEAR, _PAIRS, _NOISE = 0.1, 0.02, 0.01  # where it begins, as shares of the variance
_DOUBT = 3.0  # standard deviation of the logarithm of a share, before anything was measured


def chosen_warp(grams: FloatArray, costs: FloatArray, degrees: Sequence[int]) -> Warp:
    """The warp that makes the costs ``(n,)`` most likely; see `weigh`."""
    some = _some(len(costs), _MOST_TO_CHOOSE)
    grams = np.ascontiguousarray(grams[:, some][:, :, some])

    def evidence(warp: Warp) -> float:
        warped = warp(costs)
        scale = float(warped.std()) or 1.0
        _, density = weigh(grams, (warped[some] - warped.mean()) / scale, degrees, _STEPS_TO_CHOOSE)
        return density - len(some) * float(np.log(scale)) + warp.log_slope(costs[some])

    return max((make(costs) for make in WARPS), key=evidence)


def shares_of(grams: FloatArray, target: FloatArray, degrees: Sequence[int]) -> FloatArray:
    """Shares of the parts and of noise ``(p + 1,)``, by some of the rows where there are many; see `weigh`."""
    some = _some(len(target), _MOST_TO_WEIGH)
    return weigh(grams[:, some][:, :, some], target[some], degrees)[0]


def _some(n: int, most: int) -> IntArray:
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def weigh(
    grams: FloatArray, target: FloatArray, degrees: Sequence[int], steps: int = _STEPS
) -> tuple[FloatArray, float]:
    """Shares of the parts and of noise, ``(p + 1,)``, that make the target most likely, and its log density.

    Args:
        grams: ``(p, n, n)``, each with a mean diagonal of 1.
        target: ``(n,)``, standardised.
        degrees: of the parts.
        steps: of the optimiser.
    """
    flat, n = np.ascontiguousarray(grams).reshape(len(grams), -1), len(target)
    begin = np.log([*(_LINEAR if degree == 1 else _PAIRS for degree in degrees), _NOISE])

    def loss(logs: FloatArray) -> tuple[float, FloatArray]:
        shares = np.exp(logs)
        covariance = (shares[:-1] @ flat).reshape(n, n)
        covariance[np.diag_indices(n)] += shares[-1] + JITTER
        factor, failed = dpotrf(covariance, lower=1)
        if failed:
            return 1e10, np.zeros_like(logs)
        inverse = np.tril(dpotri(factor, lower=1)[0])
        inverse += np.tril(inverse, -1).T
        dual = inverse @ target
        misfit = inverse - np.outer(dual, dual)
        away = (logs - begin) / _DOUBT
        value = 0.5 * target @ dual + np.log(np.diag(factor)).sum() + 0.5 * away @ away
        slope = 0.5 * shares * np.append(flat @ misfit.ravel(), np.trace(misfit)) + away / _DOUBT
        return float(value), slope

    bounds = [(-12.0, 4.0)] * len(grams) + [(np.log(1e-6), 2.0)]
    optimum = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps})
    return np.asarray(np.exp(optimum.x)), -float(optimum.fun)
