"""A ranker learnt from pairs: which of two is better, not how good each is (RankNet's loss, Burges et al. 2005)."""

from collections.abc import Sequence

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray

_STEPS = 8


def pairs_of(groups: Sequence[IntArray], most: int, rng: np.random.Generator) -> IntArray:
    """Rows (better, worse) ``(k, 2)`` of a pyramid: `groups` from the lowest rung up, in each the best first.

    Half of at most `most` pairs are of one rung; the others of different rungs, where whoever came further is better.
    """
    within = [np.stack(np.triu_indices(len(g), 1), axis=1) for g in groups]
    same = np.concatenate([g[pair] for g, pair in zip(groups, within, strict=True)]).reshape(-1, 2)
    across = [
        np.stack(np.meshgrid(upper, lower, indexing="ij"), axis=-1).reshape(-1, 2)
        for i, lower in enumerate(groups)
        for upper in groups[i + 1 :]
    ]
    other = np.concatenate([*across, np.empty((0, 2), dtype=np.int64)])
    parts = [part[rng.permutation(len(part))[: most // 2]] for part in (same, other)]
    return np.concatenate(parts).astype(np.int64)


def fit_pairs(features: FloatArray, pairs: IntArray, penalty: float = 1.0) -> FloatArray:
    """Weights ``(f,)`` of a linear score of `features` ``(n, f)``, higher for the better of each pair.

    Logistic regression on the differences by Newton's method, with an L2 penalty.
    """
    differences = features[pairs[:, 0]] - features[pairs[:, 1]]
    weights = np.zeros(features.shape[1])
    for _ in range(_STEPS):
        doubt = 1 / (1 + np.exp(np.clip(differences @ weights, -30, 30)))
        gradient = differences.T @ doubt - penalty * weights
        curvature = (differences * (doubt * (1 - doubt))[:, None]).T @ differences
        curvature[np.diag_indices_from(curvature)] += penalty
        weights = weights + np.linalg.solve(curvature, gradient)
    return weights


def with_products(features: FloatArray, most: int = 200) -> FloatArray:
    """The features and, while they are at most `most`, the products of any two, ``(n, f) -> (n, f')``."""
    f = features.shape[1]
    if f * (f - 1) // 2 + f > most:
        return features
    i, j = np.triu_indices(f, 1)
    return np.concatenate([features, features[:, i] * features[:, j]], axis=1)
