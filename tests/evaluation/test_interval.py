import numpy as np
import pytest

from hwnas.evaluation.interval import bootstrap_interval, interval_of, wilson_interval


@pytest.mark.parametrize("share", [0.0, 0.37, 0.9, 1.0])
def test_the_interval_of_a_share_holds_the_shares_whose_test_would_not_reject_it(share: float) -> None:
    n = 500
    low, high = wilson_interval(share, n)
    assert 0 <= low <= share <= high <= 1
    # Wilson's bounds p solve |share - p| = z sqrt(p (1 - p) / n); 0 and 1 are where the solution leaves the range.
    for bound in [b for b in (low, high) if 1e-12 < b < 1 - 1e-12]:
        assert abs(share - bound) == pytest.approx(1.959964 * np.sqrt(bound * (1 - bound) / n), rel=1e-6)


def test_right_and_wrong_answers_have_the_interval_of_a_share() -> None:
    scores = np.array([1.0] * 37 + [0.0] * 63)
    assert interval_of(scores) == wilson_interval(0.37, 100)


def test_other_scores_have_an_interval_that_covers_the_true_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    intervals = [interval_of(rng.exponential(2.0, 200)) for _ in range(300)]
    covered = np.mean([low <= 2.0 <= high for low, high in intervals])
    assert 0.90 < covered < 0.98


def test_the_bootstrap_is_about_the_normal_one_and_holds_its_mean() -> None:
    scores = np.random.default_rng(1).normal(5, 1, 4000)
    low, high = bootstrap_interval(scores)
    assert low < scores.mean() < high
    assert (high - low) / 2 == pytest.approx(1.96 * scores.std() / np.sqrt(4000), rel=0.1)
    assert bootstrap_interval(np.full(10, 0.5)) == (0.5, 0.5)


def test_wilsons_interval_by_hand() -> None:
    assert wilson_interval(0.5, 4, z=2.0) == pytest.approx((0.5 - np.sqrt(2) / 4, 0.5 + np.sqrt(2) / 4))
    assert wilson_interval(0.0, 4, z=2.0) == pytest.approx((0.0, 0.5))
    assert wilson_interval(0.9, 100) == pytest.approx((0.82563, 0.94477), abs=1e-5)  # as in tables


def test_the_interval_of_many_scores_is_that_of_few_at_a_time() -> None:
    """Beyond four million at once the resamples are drawn in parts."""
    scores = np.tile([0.25, 0.75], 4096)  # 8,192 of them: 512 resamples at once
    low, high = bootstrap_interval(scores, seed=3)
    half = 1.959964 * 0.25 / np.sqrt(8192)
    assert (low, high) == pytest.approx((0.5 - half, 0.5 + half), abs=0.08 * half)
    assert bootstrap_interval(scores, seed=3) == (low, high)


@pytest.mark.parametrize("n", [*range(1, 60), 10_000])
def test_of_none_and_of_all_the_bound_is_exactly_nought_and_one(n: int) -> None:
    assert wilson_interval(0.0, n)[0] == 0.0
    assert wilson_interval(1.0, n)[1] == 1.0


def test_resamples_that_are_drawn_in_parts_are_those_that_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(2).exponential(size=40)
    at_once = bootstrap_interval(scores)
    for together in (7 * 40, 40, 1):
        monkeypatch.setattr("hwnas.evaluation.interval._TOGETHER", together)
        assert bootstrap_interval(scores) == at_once


def test_both_bounds_leave_out_two_and_a_half_per_cent() -> None:
    """Of 400 scores, half of each kind, 180.4 to 219.6 of one kind are in 95 % of the resamples."""
    low, high = (800 * (bound - 0.25) for bound in bootstrap_interval(np.tile([0.25, 0.75], 200)))
    assert low == pytest.approx(180.4, abs=1.5)
    assert high == pytest.approx(219.6, abs=1.5)
