"""How well a supernet tells what its sub-networks reach alone, and whether one method does it better than another."""

from collections.abc import Sequence

import numpy as np
from _training_truth import Truth
from scipy.stats import kendalltau

from hwnas.contracts.arrays import FloatArray

TOP = 0.25
BUDGETS = (0.25, 0.5, 0.75, 1.0)  # quantiles of multiply-adds
RESAMPLES = 10_000
REMEASURED = 300
SEEDS = 5  # that a verdict needs


def tau(one: FloatArray, other: FloatArray) -> float:
    """Kendall's tau-b."""
    return float(kendalltau(one, other).statistic)


def top(truth: FloatArray) -> FloatArray:
    """Rows of the best quarter."""
    return np.argsort(-truth, kind="stable")[: round(TOP * len(truth))]


def figures(truth: Truth, inherited: FloatArray) -> dict[str, float]:
    """Of inherited accuracies on the examples for search, ``(n,)``.

    Rankings are compared with accuracies alone on unseen examples, gaps with those on the same examples, both means of
    the seeds. The regret is that of the best by inherited accuracy within each of `BUDGETS`, on average.
    """
    alone, seen = truth.report.mean(axis=1), truth.search.mean(axis=1)
    best, by_size = top(alone), np.argsort(truth.macs, kind="stable")
    regrets = []
    for share in BUDGETS:
        within = by_size[: round(share * len(by_size))]
        regrets.append(alone[within].max() - alone[within[np.argmax(inherited[within])]])
    ends = {"small": by_size[: len(by_size) // 8], "large": by_size[-(len(by_size) // 8) :]}
    middle = len(by_size) // 2 - len(by_size) // 16
    ends["middle"] = by_size[middle : middle + len(by_size) // 8]
    return {
        "tau": tau(inherited, alone),
        "tau_top": tau(inherited[best], alone[best]),
        "inherited": float(inherited.mean()),
        **{f"gap_{name}": float((seen - inherited)[rows].mean()) for name, rows in ends.items()},
        "regret": float(np.mean(regrets)),
    }


def ceiling(truth: Truth) -> dict[str, float]:
    """The same taus of each seed's accuracy alone with the mean of the others, as far as there are several seeds.

    That is what chance leaves of the truth.
    """
    seeds, found = range(truth.report.shape[1]), []
    if len(seeds) == 1:
        return {}
    for seed in seeds:
        others = truth.report[:, [other for other in seeds if other != seed]].mean(axis=1)
        best = top(others)
        found.append((tau(truth.report[:, seed], others), tau(truth.report[best, seed], others[best])))
    whole, upper = np.mean(found, axis=0)
    return {"tau": float(whole), "tau_top": float(upper), "tau_top_of_means": of_means(truth)}


def of_means(truth: Truth) -> float:
    """The tau in the top quarter of whoever knows what every network reaches on average, with a truth of as many seeds.

    The means of the truth are taken for these averages, whose spread is somewhat smaller, and what seeds add to them
    for normal, with the variance that seeds have in the top quarter; so the figure is rather too high.
    """
    means, seeds = truth.report.mean(axis=1), truth.report.shape[1]
    spread = np.sqrt(truth.report[top(means)].var(axis=1, ddof=1).mean() / seeds)
    measured = means + spread * np.random.default_rng(0).normal(size=(REMEASURED, len(means)))
    return float(np.mean([tau(means[top(drawn)], drawn[top(drawn)]) for drawn in measured]))


def compared(one: Sequence[float], other: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Mean of paired differences, and its 95 % bootstrap interval over seeds."""
    differences = np.array(one) - np.array(other)
    drawn = np.random.default_rng(0).integers(0, len(differences), (RESAMPLES, len(differences)))
    low, high = np.quantile(differences[drawn].mean(axis=1), [0.025, 0.975])
    return float(differences.mean()), (float(low), float(high))


def verdict(interval: tuple[float, float]) -> str:
    """Of a claim that the difference is above 0."""
    low, high = interval
    return "reproduced" if low > 0 else "reversed" if high < 0 else "not seen"
