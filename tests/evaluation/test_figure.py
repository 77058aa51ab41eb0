"""What is known of a mean of scores holds for any other summary of them."""

import numpy as np
import pytest

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.task import SHARE
from hwnas.evaluation.expected import noise_variance
from hwnas.evaluation.figure import chance_variance, figure_of, interval_of_figure, summed
from hwnas.evaluation.interval import wilson_interval
from hwnas.tasks._verification_goals import equal_error_rate
from hwnas.testing._tiny_task import TinyTask
from tests.odd_tasks import SPEC

RNG = np.random.default_rng(0)


class Ratio(TinyTask):
    """Sums over sums, as of a text whose examples are of different lengths."""

    figure = Objective("ratio", "min")

    def summary(self, scores: FloatArray) -> float:
        of, by = scores.sum(axis=0)
        return float(of / by)


class Errors(TinyTask):
    figure = Objective("errors", "min", SHARE)

    def summary(self, scores: FloatArray) -> float:
        return equal_error_rate(scores)


def ratios(n: int) -> FloatArray:
    """Examples of unlike weight, whose ratio is truly 3."""
    by = RNG.integers(1, 30, n)
    return np.stack([by * 3 + RNG.normal(size=n) * by, by], axis=1)


def test_the_mean_is_the_figure_of_a_task_that_says_no_other() -> None:
    task, scores = TinyTask(SPEC), RNG.random(100)
    assert figure_of(task, scores) == scores.mean()
    assert chance_variance(task, [scores]) == noise_variance([scores])


def test_an_interval_covers_the_true_figure_as_often_as_it_says() -> None:
    task = Ratio(SPEC)
    intervals = [interval_of_figure(task, ratios(80)) for _ in range(60)]
    covered = np.mean([low <= 3 <= high for low, high in intervals])
    assert covered > 0.85  # by chance 51 of 60 or fewer once in 600
    assert all(low < high for low, high in intervals)


def test_without_an_error_among_few_examples_some_are_still_held_possible() -> None:
    scores = np.stack([np.arange(150.0), np.arange(150) >= 75], axis=1)  # all told apart
    low, high = interval_of_figure(Errors(SPEC), scores)
    assert low == 0
    assert high == pytest.approx(wilson_interval(0.0, 150)[1])


@pytest.mark.parametrize("networks", [1, 40])
def test_what_is_chance_in_another_figure_is_what_its_truths_differ_by(networks: int) -> None:
    """Alike networks on examples of their own: their figures have the variance that is said."""
    task = Ratio(SPEC)
    scores = [ratios(400) for _ in range(400)]
    true = np.var([figure_of(task, of_one) for of_one in scores], ddof=1)
    said = np.mean([chance_variance(task, scores[i : i + networks]) for i in range(0, 40, networks)])
    assert said == pytest.approx(true, rel=0.25)


def test_networks_that_agree_on_which_examples_are_hard_differ_less_by_chance() -> None:
    same = RNG.random(400) < 0.5
    hard = RNG.normal(size=400) + 1.5 * same
    alike = [np.stack([hard + 0.1 * RNG.normal(size=400), same], axis=1) for _ in range(12)]
    differ = chance_variance(Errors(SPEC), alike)
    alone = chance_variance(Errors(SPEC), alike[:1])
    assert 0 < differ < alone / 4


def test_a_summary_that_is_no_figure_is_refused() -> None:
    task = Errors(SPEC)
    all_the_same = np.ones((4, 2))
    assert np.isnan(summed(task, all_the_same))
    with pytest.raises(InputError, match="errors of task 'tiny' is nan on 4 examples"):
        figure_of(task, all_the_same)
    task.summary = lambda scores: 97.0  # type: ignore[method-assign]  # noqa: ARG005
    with pytest.raises(InputError, match="gives 97, and its figure 'errors' is a share"):
        figure_of(task, all_the_same)
    task.summary = lambda scores: scores  # type: ignore[method-assign,assignment,return-value]
    with pytest.raises(InputError, match="one float, got ndarray"):
        figure_of(task, all_the_same)


@pytest.mark.parametrize("share", [-0.5, 1.5])
def test_a_share_below_nought_or_above_one_is_refused(share: float) -> None:
    task = Errors(SPEC)
    task.summary = lambda scores: share  # type: ignore[method-assign]  # noqa: ARG005
    with pytest.raises(InputError, match="is a share, from 0 to 1"):
        summed(task, np.ones((4, 2)))


def test_of_few_networks_each_counts_alike() -> None:
    task, one, other = Ratio(SPEC), ratios(50), ratios(50) * [3.0, 1.0]
    alone = [chance_variance(task, [scores]) for scores in (one, other)]
    assert alone[1] > 2 * alone[0]
    assert chance_variance(task, [one, other]) == pytest.approx(sum(alone) / 2)
