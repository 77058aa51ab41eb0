from dataclasses import replace

import numpy as np
import pytest

from hwnas.contracts.device import Timing, TimingPlan
from hwnas.contracts.errors import DeviceError
from hwnas.contracts.level import Level
from hwnas.profiling.estimate import (
    FASTEST_MS,
    Latency,
    Scale,
    corrected,
    find_latencies,
    find_scale,
    in_next_session,
    other_session,
)
from hwnas.profiling.slowdown import Slowdown
from tests.profiling.simulated import REFERENCE, REFERENCE_MS, Simulated, truths

MODELS, TRUTH = truths(30)


def timings(device: Simulated, rounds: int = 8) -> list[Timing]:
    return list(device.measure(MODELS, REFERENCE, TimingPlan(rounds, 10, 0.0)))


def relative_errors(found: list[Timing], reference_ms: float | None = None) -> np.ndarray:
    latencies = find_latencies(found, find_scale(found, reference_ms))
    return np.array([x.latency_ms for x in latencies]) / np.array(TRUTH) - 1


PLAIN = Scale(3.0, 3.0, 1.0, 1.0, 1.0, Slowdown())


def beside(reference_cpu_ms: float, reference_wall_ms: float, cpu_ms: float = 2.0, number: int = 0) -> Timing:
    return Timing(0, number, 10, cpu_ms, reference_wall_ms, cpu_ms, reference_cpu_ms)


def test_the_scale_is_the_baseline_level_in_processor_time_and_what_wall_time_adds_when_nothing_waits() -> None:
    found = find_scale([beside(1.0, 1.01), beside(1.0, 1.01), beside(1.04, 1.0504), beside(2.0, 2.6)])
    assert found.baseline_ms == 1.0  # median of 1, 1 and 1.04, all within 5 % of the 5 % quantile
    assert found.seen_ms == pytest.approx(1.01)  # times the least waiting, 1.01
    assert found.reference_ms == found.seen_ms
    assert found.baseline_share == 0.75
    assert found.waiting == pytest.approx(1.01)
    assert found.slowdown == Slowdown()


def test_one_timing_in_twelve_at_the_baseline_speed_shows_it_and_one_in_fifty_may_be_a_fault() -> None:
    assert find_scale([beside(1.0 if i < 8 else 1.2, 1.2) for i in range(100)]).baseline_ms == 1.0
    assert find_scale([beside(1.0 if i < 2 else 1.2, 1.2) for i in range(100)]).baseline_ms == 1.2


def test_wall_time_adds_two_per_cent_at_most_the_rest_is_others_doing() -> None:
    found = find_scale([beside(1.0, 1.5), beside(1.0, 1.7)])
    assert found.seen_ms == pytest.approx(1.02)
    assert found.waiting == pytest.approx(1.6)
    assert find_scale([beside(1.0, 1.5)], 7.0).reference_ms == 7.0


def test_without_processor_time_the_scale_is_of_wall_time() -> None:
    found = find_scale([Timing(0, 0, 10, 2.0, 1.3), Timing(0, 1, 10, 2.0, 1.3, None, 1.0)])
    assert (found.seen_ms, found.baseline_ms, found.waiting) == (1.3, 1.3, 1.0)


def test_a_latency_is_the_median_of_pairwise_means_of_quotients_times_the_scale() -> None:
    rounds = [beside(1.0, 1.0, cpu_ms, i) for i, cpu_ms in enumerate((1.9, 2.0, 2.2))]
    (found,) = find_latencies(rounds, PLAIN)
    assert found.latency_ms == pytest.approx(3 * 2.025)  # of 1.9, 1.95, 2, 2.05, 2.1, 2.2
    assert found.spread == pytest.approx(1.4826 * 0.05)
    assert (found.model, found.rounds, found.runs) == (0, 3, 30)
    assert 3 * 1.9 <= found.low_ms < found.latency_ms < found.high_ms <= 3 * 2.2
    slower = [replace(t, reference_cpu_ms=2.0) for t in rounds]
    assert find_latencies(slower, PLAIN)[0].latency_ms == pytest.approx(3 * 2.025 / 2)
    by_wall = [Timing(0, i, 10, ms, 4.0) for i, ms in enumerate((1.9, 2.0, 2.2))]
    assert find_latencies(by_wall, PLAIN)[0].latency_ms == pytest.approx(3 * 2.025 / 4)


def test_slow_moments_are_straightened_and_baseline_ones_left_as_they_are() -> None:
    scale = replace(PLAIN, slowdown=Slowdown(alike=-0.5))
    found = corrected([beside(4.0, 4.0, 8.0), beside(1.05, 1.05, 2.1, 1), beside(1.06, 1.06, 2.12, 2)], scale)
    assert found == pytest.approx([2.0 * 4**0.5, 2.0, 2.0 * 1.06**0.5])


def test_the_interval_of_another_session_adds_what_processes_differ_by() -> None:
    found = other_session(Latency(0, 2.0, 1.9, 2.2, 5, 50, 0.01))
    assert found.low_ms == pytest.approx(2 - (0.1**2 + 0.0588**2) ** 0.5)  # 1.96 * 1.5 % of 2 ms
    assert found.high_ms == pytest.approx(2 + (0.2**2 + 0.0588**2) ** 0.5)
    assert (found.latency_ms, found.rounds) == (2.0, 5)
    moving = in_next_session(found, Level(3, 1.0, 1.0, 1.0, 1.0, (0.9, 1 / 0.9)))
    assert moving.low_ms < found.low_ms < found.high_ms < moving.high_ms
    assert in_next_session(found, Level()) == found


def test_the_half_width_is_half_the_interval_as_a_share() -> None:
    assert Latency(0, 2.0, 1.9, 2.2, 5, 50, 0.01).half_width == pytest.approx(0.075)


def test_what_no_runtime_can_do_is_refused_and_the_fastest_possible_is_not() -> None:
    assert FASTEST_MS == 1e-4  # a hundred nanoseconds
    find_scale([beside(FASTEST_MS, FASTEST_MS, FASTEST_MS)])
    for fast in (beside(FASTEST_MS * 0.99, 1.0), beside(1.0, 1.0, FASTEST_MS * 0.99)):
        with pytest.raises(DeviceError, match="No model runs in less than"):
            find_scale([fast])
    find_scale([replace(beside(1.0, 1.0), wall_ms=FASTEST_MS / 2)])  # the reference waited; processor times tell
    with pytest.raises(DeviceError, match=r"got 5e-05 ms; other work kept 1\.8 processors busy meanwhile"):
        find_scale([replace(beside(FASTEST_MS / 2, 1.0), others_busy=1.8)])


@pytest.mark.parametrize("cpu", [True, False])
@pytest.mark.parametrize("noise", [0.002, 0.01])
def test_on_an_idle_machine_it_agrees_with_plain_wall_medians(*, cpu: bool, noise: float) -> None:
    found = timings(Simulated(TRUTH, noise=noise, cpu=cpu))
    plain = [np.median([t.wall_ms for t in found if t.model == m]) for m in range(len(MODELS))]
    ratio = (1 + relative_errors(found)) * np.array(TRUTH) / np.array(plain)
    assert abs(np.median(ratio) - 1) < noise
    assert np.abs(ratio - 1).max() < 4 * noise


@pytest.mark.parametrize("seed", range(3))
def test_a_machine_busy_half_the_time_gives_its_baseline_latencies(seed: int) -> None:
    device = Simulated(TRUTH, busy=0.5, interrupted=2.0, seed=seed)
    found = timings(device)
    plain = np.array([np.median([t.wall_ms for t in found if t.model == m]) for m in range(len(MODELS))]) / TRUTH - 1
    errors = np.abs(relative_errors(found))
    assert errors.mean() < 0.01
    assert errors.mean() < 0.1 * np.abs(plain).mean()


def test_without_processor_time_slowness_is_still_corrected() -> None:
    device = Simulated(TRUTH, busy=0.5, interrupted=0.0, cpu=False)
    assert np.abs(relative_errors(timings(device))).mean() < 0.01


def test_a_machine_that_slows_large_models_less_gives_its_baseline_latencies() -> None:
    found = [
        replace(t, cpu_ms=(t.cpu_ms or 0) * slowed(t))
        for t in timings(Simulated(TRUTH, busy=0.5, interrupted=0.0, noise=0.01))
    ]
    quotients = np.array([(t.cpu_ms or 0) / (t.reference_cpu_ms or 1) for t in found])
    plain = np.array([np.median(quotients[[t.model == m for t in found]]) for m in range(len(MODELS))])
    errors = np.abs(relative_errors(found))
    assert errors.mean() < 0.01
    assert errors.mean() < 0.4 * np.abs(plain * REFERENCE_MS / np.array(TRUTH) - 1).mean()


def slowed(t: Timing) -> float:
    """In slow moments, large models take less longer than the reference, small ones more."""
    slow = (t.reference_cpu_ms or 0) > 1.2 * REFERENCE_MS
    return float((TRUTH[t.model] / REFERENCE_MS) ** (-0.25 * np.log(1.4))) if slow else 1.0


def test_drift_does_not_change_how_models_compare() -> None:
    errors = relative_errors(timings(Simulated(TRUTH, drift=0.3)))
    assert np.std(errors) < 0.005


def test_the_scale_of_an_earlier_session_makes_a_slower_day_comparable() -> None:
    idle = timings(Simulated(TRUTH))
    slower_day = timings(Simulated(TRUTH, busy=1.0, interrupted=0.0, seed=1))
    scale = find_scale(idle)
    assert scale.reference_ms == pytest.approx(REFERENCE_MS, rel=0.005)
    assert find_scale(slower_day, scale.reference_ms).seen_ms == pytest.approx(1.4 * REFERENCE_MS, rel=0.01)
    assert np.abs(relative_errors(slower_day, scale.reference_ms)).mean() < 0.005


def test_the_scale_says_how_calm_the_machine_was() -> None:
    idle = find_scale(timings(Simulated(TRUTH)))
    busy = find_scale(timings(Simulated(TRUTH, busy=0.7, interrupted=2.0)))
    assert idle.baseline_share > 0.95
    assert idle.waiting == pytest.approx(1.0)
    assert busy.baseline_share == pytest.approx(0.3, abs=0.1)
    assert busy.waiting > 1.2


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    held = []
    for seed in range(20):
        found = timings(Simulated(TRUTH, noise=0.02, seed=seed), rounds=9)
        latencies = find_latencies(found, find_scale(found, REFERENCE_MS))
        held += [x.low_ms <= TRUTH[x.model] <= x.high_ms for x in latencies]
    assert 0.90 <= np.mean(held) <= 0.99


def of_rounds(quotients: np.ndarray) -> float:
    found = [Timing(0, i, 10, q, 1.0, q, 1.0) for i, q in enumerate(quotients.tolist())]
    (latency,) = find_latencies(found, find_scale(found))
    assert latency.low_ms <= latency.latency_ms <= latency.high_ms
    return latency.latency_ms


def test_a_quarter_of_absurd_rounds_does_not_decide() -> None:
    rounds = np.random.default_rng(0).normal(2.0, 0.01, size=12)
    rounds[:3] = 100.0
    assert of_rounds(rounds) == pytest.approx(2.0, rel=0.02)


def test_where_nothing_is_absurd_it_is_nearer_the_truth_than_the_plain_median() -> None:
    every = np.random.default_rng(1).normal(2.0, 0.05, size=(300, 10))
    found = np.array([of_rounds(rounds) for rounds in every])
    assert np.abs(found - 2).mean() < 0.95 * np.abs(np.median(every, axis=1) - 2).mean()


def test_more_rounds_make_narrower_intervals_and_the_spread_stays() -> None:
    few, many = (
        find_latencies(found, find_scale(found))
        for found in (timings(Simulated(TRUTH, noise=0.02), rounds) for rounds in (6, 60))
    )
    assert np.mean([x.half_width for x in many]) < 0.5 * np.mean([x.half_width for x in few])
    assert np.median([x.spread for x in many]) == pytest.approx(0.02 * 2**0.5, rel=0.2)
    assert (many[0].rounds, many[0].runs) == (60, 600)


def test_the_same_timings_give_the_same_figures_to_the_bit() -> None:
    found = timings(Simulated(TRUTH))
    assert find_latencies(found, find_scale(found)) == find_latencies(found, find_scale(found))


@pytest.mark.parametrize("wall", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_times_are_refused(wall: float) -> None:
    with pytest.raises(DeviceError, match="positive times"):
        find_scale([Timing(0, 0, 10, wall, 1.0)])


def test_no_timings_are_refused() -> None:
    with pytest.raises(DeviceError, match="got none"):
        find_scale([])


def test_a_latency_by_hand() -> None:
    """Quotients 2, 3 and 7 on a scale of 3 ms: the median of 2, 3, 7, 2.5, 4.5 and 5 is 3.75, the median 3."""
    found = [Timing(4, number, 10 + number, ms, 1.0) for number, ms in enumerate((2.0, 3.0, 7.0))]
    (latency,) = find_latencies(found, PLAIN)
    assert latency.latency_ms == pytest.approx(3 * 3.75)
    assert (latency.model, latency.rounds, latency.runs) == (4, 3, 33)
    assert latency.spread == pytest.approx(1.4826 / 3)  # deviations of a third, nothing, and four thirds
    assert (latency.low_ms, latency.high_ms) == pytest.approx((6.0, 21.0), rel=0.26)
    assert latency.low_ms <= latency.latency_ms <= latency.high_ms


def test_half_the_interval_is_a_share_of_the_latency() -> None:
    assert Latency(0, 4.0, 3.0, 6.0, 5, 50, 0.1).half_width == pytest.approx(1.5 / 4)


def test_another_process_adds_its_own_error_by_squares() -> None:
    """1.96 x 1.5 % of 100 ms is 2.94 ms, beside 4 ms below and 3 ms above."""
    found = other_session(Latency(0, 100.0, 96.0, 103.0, 5, 50, 0.1))
    assert (found.latency_ms, found.rounds) == (100.0, 5)
    assert found.low_ms == pytest.approx(100 - np.hypot(4.0, 2.94))
    assert found.high_ms == pytest.approx(100 + np.hypot(3.0, 2.94))


def test_the_interval_of_a_latency_is_that_of_its_middle_over_rounds_drawn_again() -> None:
    rng = np.random.default_rng(5)
    found = [Timing(0, number, 10, ms, 1.0) for number, ms in enumerate(rng.normal(1.0, 0.1, 40))]
    (latency,) = find_latencies(found, PLAIN)
    half = 1.96 * 3 * 0.1 * np.sqrt(np.pi / 3 / 40)  # the estimate's asymptotic error (Hodges and Lehmann)
    assert latency.high_ms - latency.latency_ms == pytest.approx(half, rel=0.4)
    assert latency.latency_ms - latency.low_ms == pytest.approx(half, rel=0.4)


def test_where_processor_time_is_not_known_of_both_it_is_wall_time_that_counts() -> None:
    for cpu in ({"cpu_ms": 3.0}, {"reference_cpu_ms": 0.5}):
        timing = Timing(0, 0, 10, 8.0, 4.0, **cpu)
        assert corrected([timing], PLAIN) == pytest.approx([2.0])
