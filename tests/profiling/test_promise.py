"""A busy machine may be to blame for up to twice the time, and for no more."""

from pathlib import Path

import pytest

from hwnas.contracts.errors import DeviceError
from hwnas.profiling.promise import refuse_the_machine
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
