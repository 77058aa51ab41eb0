from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.device import Timing
from hwnas.contracts.errors import DeviceError
from hwnas.devices import open_device
from hwnas.profiling.presets import Preset
from hwnas.profiling.stopwatch import Profile, _others_busy, time_models
from hwnas.testing._models import write_chain
from tests.profiling.simulated import REFERENCE, Simulated, truths

MODELS, TRUTH = truths(12)
CANARIES = [0, 6, 11]
SMALL = Preset("small", rounds=4, min_runs=3, min_seconds=0.0, half_width=0.01, max_rounds=9)


class Cut(Exception):  # noqa: N818 a power cut is no error of ours
    pass


def profile(device: Simulated, **settings: object) -> Profile:
    return time_models(device, MODELS, REFERENCE, SMALL, canaries=CANARIES, **settings)  # type: ignore[arg-type]


def test_every_model_gets_the_preset_rounds_and_canaries_three_times_three_more() -> None:
    kept: list[Timing] = []
    found = profile(Simulated(TRUTH, noise=0.0001), on_timing=kept.append)
    assert [x.model for x in found.latencies] == list(range(len(MODELS)))
    assert [x.rounds for x in found.latencies] == [13 if m in CANARIES else 4 for m in range(len(MODELS))]
    assert len(kept) == 12 * 4 + 3 * 9
    assert found.verdict.state == "stable"


def test_canaries_come_first_in_the_middle_and_last() -> None:
    device = Simulated(TRUTH, noise=0.0001)
    profile(device)
    everyone = tuple(range(len(MODELS)))
    assert device.calls == [
        (0, 3, tuple(CANARIES)),
        (3, 2, everyone),
        (5, 3, tuple(CANARIES)),
        (8, 2, everyone),
        (10, 3, tuple(CANARIES)),
    ]


def test_models_with_wide_intervals_get_more_rounds_up_to_the_cap() -> None:
    found = profile(Simulated(TRUTH, noise=0.05))
    rounds = [x.rounds for x in found.latencies if x.model not in CANARIES]
    assert max(rounds) == SMALL.max_rounds
    calm = profile(Simulated(TRUTH, noise=0.008))
    assert len({x.rounds for x in calm.latencies}) > 1


@pytest.mark.parametrize("cut", [1, 8, 9, 10, 30, 47, 60, 100, 130])
def test_a_session_that_was_cut_off_goes_on_and_ends_with_the_same_figures(cut: int) -> None:
    whole: list[Timing] = []
    expected = profile(Simulated(TRUTH, noise=0.03), on_timing=whole.append)
    kept: list[Timing] = []

    def keep(timing: Timing) -> None:
        kept.append(timing)
        if len(kept) == cut:
            raise Cut

    assert cut < len(whole)
    with pytest.raises(Cut):
        profile(Simulated(TRUTH, noise=0.03), on_timing=keep)
    again = Simulated(TRUTH, noise=0.03)
    assert profile(again, already=kept, on_timing=kept.append) == expected
    assert again.timed == len(whole) - cut
    assert len({(t.round, t.model) for t in kept}) == len(kept) == len(whole)


def test_a_finished_session_times_nothing_more() -> None:
    whole: list[Timing] = []
    expected = profile(Simulated(TRUTH, noise=0.03), on_timing=whole.append)
    again = Simulated(TRUTH, noise=0.03)
    assert profile(again, already=whole) == expected
    assert again.calls == []


def test_progress_grows_one_by_one_and_never_beyond_what_is_expected() -> None:
    seen: list[tuple[int, int]] = []
    profile(Simulated(TRUTH, noise=0.05), progress=lambda done, expected: seen.append((done, expected)))
    assert [done for done, _ in seen] == list(range(1, len(seen) + 1))
    assert all(done <= expected for done, expected in seen)
    assert seen[0][1] == 12 * 4 + 3 * 9
    assert seen[-1][0] == seen[-1][1]


def test_a_device_that_changes_in_ways_the_reference_does_not_show_is_called_unusable() -> None:
    class Warped(Simulated):
        def _time(self, index: int, number: int, model: int) -> Timing:
            t = super()._time(index, number, model)
            factor = 1 + 0.05 * number
            return Timing(index, number, t.runs, t.wall_ms * factor, t.reference_wall_ms)

    assert profile(Warped(TRUTH)).verdict.state == "unusable"


def test_a_device_with_an_impossible_clock_is_refused_and_nothing_of_it_kept() -> None:
    class Backwards(Simulated):
        def _time(self, index: int, number: int, model: int) -> Timing:
            return replace(super()._time(index, number, model), wall_ms=-1.0)

    kept: list[Timing] = []
    with pytest.raises(DeviceError, match="clock"):
        profile(Backwards(TRUTH), on_timing=kept.append)
    assert kept == []


@pytest.mark.parametrize(("wall_ms", "word"), [(1e-6, "impossible speed"), (float("nan"), "clock"), (0.0, "clock")])
def test_a_device_that_reports_impossible_speeds_is_refused(wall_ms: float, word: str) -> None:
    class Impossible(Simulated):
        def _time(self, index: int, number: int, model: int) -> Timing:
            return replace(super()._time(index, number, model), wall_ms=wall_ms, cpu_ms=wall_ms)

    with pytest.raises(DeviceError, match=word):
        profile(Impossible(TRUTH))


def test_the_absolute_scale_can_be_handed_in() -> None:
    found = profile(Simulated(TRUTH, busy=1.0, interrupted=0.0), reference_ms=2.0)
    errors = np.array([x.latency_ms for x in found.latencies]) / TRUTH - 1
    assert np.abs(errors).max() < 0.02
    assert found.scale.seen_ms == pytest.approx(2.8, rel=0.02)


def test_real_models_on_the_real_processor_come_out_in_order_of_their_work(tmp_path: Path) -> None:
    models = [write_chain(tmp_path / f"{n}.onnx", n) for n in (2, 16, 128)]
    found = time_models(open_device("cpu"), models, models[1], SMALL, canaries=[0])
    times = [x.latency_ms for x in found.latencies]
    assert times == sorted(times)
    assert all(x.low_ms <= x.latency_ms <= x.high_ms for x in found.latencies)


def test_other_work_counts_by_the_time_that_models_ran_beside_it() -> None:
    shares = [(0.5, 10, 2.0), (0.1, 5, 4.0), (None, 100, 100.0), (0.4, 3, 20.0)]  # 20, 20, unknown and 60 ms
    timings = [Timing(0, i, runs, ms, 1.0, others_busy=busy) for i, (busy, runs, ms) in enumerate(shares)]
    assert _others_busy(timings) == pytest.approx((0.5 * 20 + 0.1 * 20 + 0.4 * 60) / 100)
    assert _others_busy(timings[2:3]) is None
