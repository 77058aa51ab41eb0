"""A ranker learnt from pairs, by hand."""

import numpy as np
import pytest

from hwnas.surrogates.regressors.pairwise import fit_pairs, pairs_of, with_products

RNG = np.random.default_rng


def test_pairs_are_better_then_worse_within_a_rung_and_the_higher_rung_wins() -> None:
    groups = [np.array([4, 2]), np.array([0, 1, 3])]  # the best first; the second group came further
    pairs = {tuple(pair) for pair in pairs_of(groups, 100, RNG(0)).tolist()}
    within = {(4, 2), (0, 1), (0, 3), (1, 3)}
    across = {(upper, lower) for upper in (0, 1, 3) for lower in (4, 2)}
    assert pairs == within | across


def test_half_of_the_pairs_are_of_one_rung() -> None:
    groups = [np.arange(20), np.arange(20, 40)]
    pairs = pairs_of(groups, 30, RNG(0))
    assert len(pairs) == 30
    assert sum((a < 20) == (b < 20) for a, b in pairs.tolist()) == 15


def test_one_rung_alone_has_no_pairs_across() -> None:
    assert pairs_of([np.array([7, 5])], 10, RNG(0)).tolist() == [[7, 5]]


def test_the_weight_of_one_difference_solves_the_logistic_equation() -> None:
    """One pair with a difference of 2: penalty x w = 2 / (1 + exp(2 w))."""
    (weight,) = fit_pairs(np.array([[3.0], [1.0]]), np.array([[0, 1]]), penalty=0.5)
    assert 0.5 * weight == pytest.approx(2 / (1 + np.exp(2 * weight)), rel=1e-6)


def test_an_order_is_learnt() -> None:
    features = RNG(1).standard_normal((40, 3))
    truth = features @ np.array([2.0, -1.0, 0.0])
    order = np.argsort(-truth)
    score = features @ fit_pairs(features, pairs_of([order], 400, RNG(2)))
    assert np.corrcoef(np.argsort(np.argsort(score)), np.argsort(np.argsort(truth)))[0, 1] > 0.98


def test_products_are_added_while_they_are_few() -> None:
    features = np.array([[1.0, 2.0, 3.0]])
    assert with_products(features).tolist() == [[1, 2, 3, 2, 3, 6]]
    assert with_products(features, most=6).shape == (1, 6)
    assert with_products(features, most=5) is features
