"""How well a supernet tells what its sub-networks reach alone, and whether one method does it better than another."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from _training_truth import Truth
from scipy.stats import kendalltau

from hwnas.contracts.arrays import FloatArray

TOP = 0.25
BUDGETS = (0.25, 0.5, 0.75, 1.0)  # quantiles of multiply-adds
RESAMPLES = 10_000
REMEASURED = 300
SEEDS = 5  # that a verdict needs
FEWEST = 8  # networks that a figure of the best or of those of a size is made of


def tau(one: FloatArray, other: FloatArray) -> float:
    """Kendall's tau-b."""
    return float(kendalltau(one, other).statistic)


def top(truth: FloatArray) -> FloatArray:
    """Rows of the best quarter."""
    return np.argsort(-truth, kind="stable")[: round(TOP * len(truth))]


def ranks(ranked: FloatArray, alone: FloatArray, macs: FloatArray) -> dict[str, float]:
    """The tau of a ranking with accuracies alone, ``(n,)`` each, and that in parts that `FEWEST` networks are in.

    These are the best quarter by accuracy alone, and the quarters by multiply-adds, of whose taus the mean is taken.
    """
    best, quarters = top(alone), np.array_split(np.argsort(macs, kind="stable"), 4)
    found = {"tau": tau(ranked, alone)}
    if min(map(len, (best, *quarters))) >= FEWEST:
        found["tau_alike"] = float(np.mean([tau(ranked[rows], alone[rows]) for rows in quarters]))
        found["tau_top"] = tau(ranked[best], alone[best])
    return found


def figures(truth: Truth, inherited: FloatArray) -> dict[str, float]:
    """Of inherited accuracies on the examples for search, ``(n,)``.

    Rankings are compared with accuracies alone on unseen examples, gaps with those on all examples for search, both
    means of the seeds. The regret is that of the best by inherited accuracy within each of `BUDGETS`, on average.
    Figures of a part of the networks are left out where fewer than `FEWEST` would be in it.
    """
    alone, seen = np.nanmean(truth.report, axis=1), np.nanmean(truth.search, axis=1)
    order = np.argsort(truth.macs, kind="stable")
    regrets = []
    for share in BUDGETS:
        within = order[: round(share * len(order))]
        regrets.append(alone[within].max() - alone[within[np.argmax(inherited[within])]])
    eighth, middle = len(order) // 8, len(order) // 2 - len(order) // 16
    parts = {"small": order[:eighth], "large": order[-eighth:], "middle": order[middle : middle + eighth]}
    return {
        **ranks(inherited, alone, truth.macs),
        "inherited": float(inherited.mean()),
        **{f"gap_{name}": float((seen - inherited)[rows].mean()) for name, rows in parts.items() if eighth >= FEWEST},
        "regret": float(np.mean(regrets)),
    }


def by_size(truth: Truth) -> dict[str, float]:
    """Those figures that a ranking by multiply-adds alone has: what a supernet's should be above."""
    found = figures(truth, truth.macs)
    return {name: found[name] for name in found if name.startswith(("tau", "regret"))}


@cache
def ceiling(truth: Truth) -> dict[str, Any]:
    """The same taus of accuracies alone with one seed and the mean of the others, as far as there are several seeds.

    That is what chance leaves of the truth. The seeds are those that all networks were trained with. Beside it, in the
    top quarter where that has `FEWEST` networks, the taus of those who know what to expect, see `of_means` and
    `of_search`.
    """
    found = []
    for seed in np.flatnonzero(np.isfinite(truth.report).all(axis=0)) if truth.report.shape[1] > 1 else ():
        others = np.nanmean(np.delete(truth.report, seed, axis=1), axis=1)
        found.append(ranks(truth.report[:, seed], others, truth.macs))
    if not found:
        return {}
    means: dict[str, Any] = {name: float(np.mean([seed[name] for seed in found])) for name in found[0]}
    if "tau_top" not in means:
        return means
    known = of_search(truth)
    of_examples = {} if known is None else {"tau_top_of_search": known[0], "tau_top_of_search_interval": known[1:]}
    return {**means, "tau_top_of_means": of_means(truth), **of_examples}


def of_means(truth: Truth) -> float:
    """The tau in the top quarter of whoever knows what every network reaches on average, with a truth of as many seeds.

    The means of the truth are taken for these averages, whose spread is somewhat smaller, and what seeds add to them
    for normal, with the variance that seeds have in the top quarter; so the figure is rather too high.
    """
    means, seeds = np.nanmean(truth.report, axis=1), np.isfinite(truth.report).sum(axis=1)
    spread = np.sqrt(np.nanvar(truth.report[top(means)], axis=1, ddof=1).mean() / seeds)
    measured = means + spread * np.random.default_rng(0).normal(size=(REMEASURED, len(means)))
    return float(np.mean([tau(means[top(drawn)], drawn[top(drawn)]) for drawn in measured]))


def of_search(truth: Truth) -> tuple[float, float, float] | None:
    """The tau in the top quarter of whoever knows what every network reaches on average on the examples for search.

    Other examples than those of the truth, so that even this does not rank perfectly. With the ends of its 95 %
    bootstrap interval over networks; None where fewer than `SEEDS` seeds say it.
    """
    best = top(np.nanmean(truth.report, axis=1))
    seeds = np.isfinite(truth.report[best]).all(axis=0)
    if seeds.sum() < SEEDS:
        return None
    search, report = truth.search[best][:, seeds], truth.report[best][:, seeds]
    drawn = np.random.default_rng(0).integers(0, len(best), (REMEASURED, len(best)))
    low, high = np.quantile([_known(search[rows], report[rows]) for rows in drawn], [0.025, 0.975])
    return _known(search, report), float(low), float(high)


def _known(search: FloatArray, report: FloatArray) -> float:
    """Of accuracies ``(n, seeds)``: the tau of expected ones on one set of examples with measured means on another.

    Covariances of accuracies with different seeds have nothing of what seeds add; their correlation becomes the tau of
    normal figures.
    """
    search, report = search - search.mean(axis=0), report - report.mean(axis=0)
    different = ~np.eye(search.shape[1], dtype=bool)
    both, own = (float((search.T @ other)[different].mean()) for other in (report, search))
    scale = np.sqrt(max(own, 1e-12) * float(np.square(report.mean(axis=1)).sum()))
    return float(2 / np.pi * np.arcsin(np.clip(both / scale, -1, 1)))


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
