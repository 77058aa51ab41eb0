"""Expected accuracies: where truth is known because it was made up, they are nearer to it, and picks are better."""

import numpy as np
import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result, Trial
from hwnas.evaluation.expected import ERROR, MEASURED, expect, expected_front, noise_variance

NETWORKS, IMAGES = 48, 2000


def drawn(seed: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Truths, guesses that are as far from them as the truths are from one another, and answers to 2,000 images."""
    rng = np.random.default_rng(seed)
    base = rng.normal(0.905, 0.004, NETWORKS)
    truth = base + rng.normal(0, 0.004, NETWORKS)
    return truth, base, (rng.random((NETWORKS, IMAGES)) < truth[:, None]).astype(np.float64)


def test_the_pick_of_the_best_expectation_is_truly_better_than_the_pick_of_the_best_measurement() -> None:
    """The pick among the first, cheapest so many, as budgets make it; 400 made-up searches, binomial noise."""
    gains, over_guess = [], []
    for seed in range(400):
        truth, guess, right = drawn(seed)
        measured = right.mean(axis=1)
        expected = expect(measured, guess, noise_variance(list(right))).mean
        for within in (12, 24, 48):
            ours = truth[expected[:within].argmax()]
            gains.append(ours - truth[measured[:within].argmax()])
            over_guess.append(ours - truth[guess[:within].argmax()])
    for gain in (gains, over_guess):
        assert np.mean(gain) > 5 * np.std(gain) / np.sqrt(len(gain)) > 0


def test_expectations_are_nearer_to_the_truth_by_about_what_they_say() -> None:
    errors, said, raw = [], [], []
    for seed in range(100):
        truth, guess, right = drawn(seed)
        measured = right.mean(axis=1)
        found = expect(measured, guess, noise_variance(list(right)))
        errors.append(np.mean((found.mean - truth) ** 2))
        raw.append(np.mean((measured - truth) ** 2))
        said.append(found.error**2)
    assert np.mean(errors) < 0.5 * np.mean(raw)
    assert np.mean(said) == pytest.approx(np.mean(errors), rel=0.15)


def test_the_noise_of_answers_to_images_of_ones_own_is_binomial() -> None:
    _, _, right = drawn(0)
    shares = right.mean(axis=1)
    binomial = (shares * (1 - shares)).mean() / IMAGES
    assert noise_variance(list(right)) == pytest.approx(binomial, rel=0.02)
    assert noise_variance([right[0]]) == pytest.approx(shares[0] * (1 - shares[0]) / IMAGES)


def test_networks_that_agree_on_which_images_are_hard_differ_less_by_chance() -> None:
    """Each answers a shared verdict, but for one image in fifty its own."""
    variances, observed = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        own = rng.random((NETWORKS, IMAGES)) < 0.02
        right = np.where(own, rng.random((NETWORKS, IMAGES)) < 0.9, rng.random(IMAGES) < 0.9).astype(np.float64)
        shares = right.mean(axis=1)
        variances.append(noise_variance(list(right)))
        observed.append(shares.var(ddof=1))
    assert np.mean(variances) == pytest.approx(np.mean(observed), rel=0.1)
    assert np.mean(variances) < 0.1 * 0.09 / IMAGES


def test_without_guesses_measurements_stand_alone_and_worthless_guesses_hardly_move_them() -> None:
    truth, _, right = drawn(1)
    measured = right.mean(axis=1)
    variance = noise_variance(list(right))
    alone = expect(measured, None, variance)
    assert (alone.weight, alone.error) == (1.0, pytest.approx(np.sqrt(variance)))
    np.testing.assert_array_equal(alone.mean, measured)
    assert expect(measured, truth + np.random.default_rng(0).normal(0, 0.1, NETWORKS), variance).weight > 0.99


def test_a_slower_network_with_a_lucky_measurement_is_not_on_the_front() -> None:
    """Both promise 90 %; the slower was measured at 91 %, within the noise; a third promises and shows more."""
    measured, guess = np.array([0.90, 0.91, 0.94] + [0.9] * 9), np.array([0.902, 0.90, 0.94] + [0.9] * 9)
    found = expect(measured, guess, 0.0066**2)
    results = [
        Result(Trial(Architecture({"n": i})), {"accuracy": float(a), "latency_ms": float(1 + i)})
        for i, a in enumerate(measured)
    ]
    front = expected_front(results, found, "accuracy", [Objective("accuracy", "max"), Objective("latency_ms")])
    chosen = {r.trial.architecture["n"] for r in front}
    assert chosen == {0, 2}
    slowest = max(front, key=lambda r: r.figures["latency_ms"])
    assert slowest.figures[MEASURED] == 0.94


def test_an_expectation_by_hand() -> None:
    """Squared distances of 4 and 0 average 2; the measurement has 0.5 of it, and 2 x sqrt(2 / 2) is less to be had."""
    found = expect(np.array([3.0, 5.0]), np.array([1.0, 5.0]), 0.5)
    assert found.weight == pytest.approx(2 / 2.5)  # spread: the larger of 2 - 0.5 and 2 * sqrt(2 / 2)
    assert found.mean == pytest.approx([0.8 * 3 + 0.2 * 1, 5.0])
    assert found.error == pytest.approx(np.sqrt(0.8 * 0.5))


def test_the_spread_of_guesses_is_what_the_measurements_do_not_explain() -> None:
    measured, guessed = np.zeros(800), np.ones(800)  # a mean square of 1, known within sqrt(2 / 800) = 0.05
    assert expect(measured, guessed, 0.75).weight == pytest.approx(0.25)
    assert expect(measured, guessed, 0.99).weight == pytest.approx(0.05 / (0.05 + 0.99))


def test_the_variance_by_chance_by_hand() -> None:
    """Eight networks and two examples: four that know one, four that know the other."""
    scores = [np.array([1.0, 0.0])] * 4 + [np.array([0.0, 1.0])] * 4
    # without means of rows (1/2) and of columns (1/2) each of 16 entries is off by 1/2: 16 / 4 / (7 * 1) / 2 examples
    assert noise_variance(scores) == pytest.approx(4 / 7 / 2)
    assert noise_variance(scores[:7]) == pytest.approx(0.25 / 2)  # too few: the variance of one network's scores


def test_a_replaced_figure_keeps_the_others_and_its_error() -> None:
    result = Result(Trial(Architecture({"n": 0})), {"accuracy": 0.9, "latency_ms": 1.0})
    found = expect(np.array([0.9]), None, 0.01)
    (kept,) = expected_front([result], found, "accuracy", [Objective("accuracy", "max")])
    assert kept.figures == {"accuracy": 0.9, "latency_ms": 1.0, MEASURED: 0.9, ERROR: pytest.approx(0.1)}


def test_guesses_that_are_all_right_and_measurements_without_chance_are_what_they_are() -> None:
    found = expect(np.array([1.0, 2.0]), np.array([1.0, 2.0]), 0.0)
    assert found.mean.tolist() == [1.0, 2.0]
    assert found.error == 0.0
