import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwnas.contracts.predictor import Prediction
from hwnas.predictors._honesty import folds, held_out, honesty_card


@settings(max_examples=30, deadline=None)
@given(st.integers(10, 60), st.integers(1, 4), st.integers(0, 100))
def test_every_row_is_held_out_once_and_its_equals_with_it(n: int, levels: int, seed: int) -> None:
    features = np.random.default_rng(seed).integers(0, levels, size=(n, 3)).astype(np.float64)
    seen = np.zeros(n, dtype=int)
    enough = len(np.unique(features, axis=0)) >= 10
    for learn, rest in folds(features, seed):
        assert sorted([*learn, *rest]) == list(range(n))
        seen[rest] += 1
        if enough:
            known = {tuple(row) for row in features[learn]}
            assert not any(tuple(row) in known for row in features[rest])
    assert (seen == 1).all()


def test_no_row_is_predicted_by_something_that_learnt_it() -> None:
    features = np.arange(40.0)[:, None]

    def remembers(x: np.ndarray, y: np.ndarray, new: np.ndarray) -> Prediction:
        known = dict(zip(x[:, 0], y, strict=True))
        guess = np.array([known.get(value, -1.0) for value in new[:, 0]])
        return Prediction(guess, guess, guess)

    assert (held_out(features, features[:, 0] + 1, remembers, seed=0).mean == -1).all()


def test_the_figures_are_those_of_their_definitions() -> None:
    target = np.array([1.0, 2.0, 4.0, 8.0])
    guess = Prediction(np.array([1.1, 2.0, 5.0, 4.0]), np.zeros(4), np.array([2.0, 2.0, 6.0, 7.0]))
    card = honesty_card(target, guess, target_name="latency_ms", model="ridge", relative=True, confidence=0.9)
    assert card.mean_error == pytest.approx((0.1 + 0 + 0.25 + 0.5) / 4)
    assert card.p95_error == pytest.approx(0.5 - 0.15 * 0.25)
    assert card.kendall_tau == pytest.approx((5 - 1) / 6)
    assert card.interval_coverage == 0.75
    absolute = honesty_card(target, guess, target_name="x", model="ridge", relative=False, confidence=0.9)
    assert absolute.mean_error == pytest.approx((0.1 + 0 + 1 + 4) / 4)


def test_ten_folds_are_as_large_as_one_another_within_one_row() -> None:
    for different in (43, 3):  # fewer different rows than folds are each for themselves
        parts = [rest for _, rest in folds(np.arange(43.0)[:, None] % different, seed=1)]
        assert sorted(len(rest) for rest in parts) == [4] * 7 + [5] * 3
    ten = [rest for _, rest in folds(np.arange(20.0)[:, None] % 10, seed=1)]
    assert all(rest[1] - rest[0] == 10 for rest in ten)  # as many different rows as folds: equal ones together


def test_a_constant_target_is_held_up_to_rounding_and_has_no_order() -> None:
    target, guess = np.full(4, 0.1 + 0.2), np.full(4, 0.3)
    card = honesty_card(
        target, Prediction(guess, guess, guess), target_name="x", model="ridge", relative=True, confidence=0.9
    )
    assert (card.interval_coverage, card.kendall_tau) == (1.0, 0.0)
    off = np.array([0.3, 0.3, 0.31, 0.29])
    card = honesty_card(
        target, Prediction(guess, off, off), target_name="x", model="ridge", relative=True, confidence=0.9
    )
    assert card.interval_coverage == 0.5


def test_a_figure_at_the_very_end_of_its_interval_is_inside() -> None:
    target = np.zeros(3)  # no rounding is allowed for
    prediction = Prediction(target, np.array([0.0, -1.0, 0.5]), np.array([1.0, 0.0, 1.0]))
    card = honesty_card(target, prediction, target_name="x", model="ridge", relative=False, confidence=0.9)
    assert card.interval_coverage == pytest.approx(2 / 3)
