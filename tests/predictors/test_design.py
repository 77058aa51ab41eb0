import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.predictors import most_informative, plain_factors


def left_over(factors: np.ndarray, timed: np.ndarray, noise: float = 0.03) -> float:
    """Total variance after timing, by the textbook."""
    covariance = factors @ factors.T
    some = covariance[np.ix_(timed, timed)] + noise**2 * np.eye(len(timed))
    return float(np.trace(covariance - covariance[:, timed] @ np.linalg.solve(some, covariance[timed])))


@pytest.mark.parametrize("n", [12, 20, 40])
def test_chosen_rows_leave_much_less_uncertainty_than_random_ones(n: int) -> None:
    rng = np.random.default_rng(0)
    factors = plain_factors(rng.normal(size=(150, 10)))
    random = np.mean([left_over(factors, rng.permutation(150)[:n]) for _ in range(20)])
    assert left_over(factors, most_informative(factors, n)) < 0.7 * random


def test_the_first_choice_is_the_best_single_one() -> None:
    factors = np.random.default_rng(1).normal(size=(30, 4))
    best = min(range(30), key=lambda i: left_over(factors, np.array([i])))
    assert most_informative(factors, 1).tolist() == [best]


def test_rows_are_chosen_once_and_known_ones_never() -> None:
    factors = np.random.default_rng(2).normal(size=(20, 3))
    chosen = most_informative(factors, 15, timed=np.arange(5))
    assert sorted(chosen.tolist()) == list(range(5, 20))
    with pytest.raises(InputError, match="15 architectures left"):
        most_informative(factors, 16, timed=np.arange(5))


def test_what_is_known_is_not_asked_again_in_other_words() -> None:
    factors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 0.5]])
    assert most_informative(factors, 1).tolist() == [0]
    assert most_informative(factors, 1, timed=np.array([0])).tolist() == [2]
