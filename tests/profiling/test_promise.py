"""A busy machine may be to blame for up to twice the time, and for no more."""

from pathlib import Path

import pytest

from hwnas.contracts.errors import DeviceError
from hwnas.profiling.promise import refuse_the_machine, refuse_untold
from hwnas.profiling.stopwatch import Profile
from hwnas.profiling.verdict import State, Verdict
from tests.profiling.test_verdict import CALM, latency


def profile(state: State) -> Profile:
    return Profile((latency(0.01),), CALM, (), Verdict(state, "Stop other work."), None)


def test_an_unusable_timing_up_to_twice_as_long_says_nothing_of_the_model() -> None:
    with pytest.raises(DeviceError, match=r"m\.onnx seems too slow, .* doing: Stop other work"):
        refuse_the_machine(profile("unusable"), Path("m.onnx"), 2.0)


@pytest.mark.parametrize(("state", "times_over"), [("unusable", 2.01), ("noisy", 1.1), ("stable", 1.1)])
def test_beyond_that_and_on_a_usable_timing_the_model_is_to_blame(state: State, times_over: float) -> None:
    refuse_the_machine(profile(state), Path("m.onnx"), times_over)


def test_kept_by_less_than_the_machine_may_err_is_not_told() -> None:
    with pytest.raises(DeviceError, match=r"Whether m\.onnx keeps its promise cannot be told: Stop other work"):
        refuse_untold(profile("unusable"), Path("m.onnx"), 0.51)


@pytest.mark.parametrize(("state", "times_over"), [("unusable", 0.5), ("noisy", 1.0), ("stable", 1.0)])
def test_kept_by_more_or_on_a_usable_timing_is_told(state: State, times_over: float) -> None:
    refuse_untold(profile(state), Path("m.onnx"), times_over)
