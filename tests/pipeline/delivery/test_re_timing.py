"""What is said of a model that is timed again when it is handed out, and whether it keeps its limits."""

from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.level import Level
from hwnas.pipeline.delivery.re_timing import Now, _promised, measure_now, refuse_other_device
from hwnas.pipeline.selection.limits import Limits
from hwnas.profiling.estimate import Latency
from hwnas.profiling.moment import Moment, Patience
from hwnas.profiling.presets import find_preset
from hwnas.profiling.stopwatch import Profile
from hwnas.profiling.verdict import Verdict
from tests.plugged import Simulated, tiny_space
from tests.profiling.test_verdict import CALM

LATENCY = Latency(0, 100.0, 96.0, 103.0, 10, 100, 0.01)


def moment(slower: float, level: Level | None = None) -> Moment:
    return Moment(Profile((LATENCY,), CALM, (), Verdict("stable", ""), 0.0), slower, level or Level())


def test_a_latency_is_stated_at_the_baseline_speed_with_the_error_of_another_process() -> None:
    now = _promised(moment(1.05))
    assert now.latency.latency_ms == pytest.approx(100 / 1.05)
    high = now.latency.latency_ms + np.hypot(3 / 1.05, 0.0294 * 100 / 1.05)  # 1.96 x 1.5 % for another process
    assert now.latency.high_ms == pytest.approx(high)
    assert now.at_slowest_ms == pytest.approx(1.05 * high)  # the moment itself was one of the slow ones
    assert now.slower == 1.05


def test_a_moment_that_was_not_calm_says_nothing_of_the_slowest_speed() -> None:
    now = _promised(moment(1.5))
    assert now.at_slowest_ms == pytest.approx(now.latency.high_ms)
    assert now.slower == 1.5


def test_a_budget_is_kept_at_the_slowest_speed_remembered() -> None:
    now = _promised(moment(1.0, Level(3, 2.0, 1.0, 0.9, 1.2, (0.8, 1.25))))
    among_models = 100 + np.hypot(3.0, 2.94)
    assert now.at_slowest_ms == pytest.approx(1.2 * among_models)
    assert now.latency.high_ms == pytest.approx(100 * np.exp(np.hypot(np.log(1.25), np.log(among_models / 100))))
    assert now.slower == 1.0


def test_a_device_faster_than_its_baseline_is_not_called_slower() -> None:
    assert _promised(moment(0.9)).slower == 1.0


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        (Limits(), True),
        (Limits.of(max_latency_ms=110.0), True),
        (Limits.of(max_latency_ms=109.9), False),
        (Limits.of(max_p95_ms=105.0), True),
        (Limits.of(max_p95_ms=104.0), False),
        (Limits.of(max_latency_ms=110.0, max_p95_ms=104.0), False),
    ],
)
def test_all_limits_on_what_was_measured_are_to_be_kept(limits: Limits, kept: bool) -> None:  # noqa: FBT001
    assert Now(LATENCY, {"p95_ms": 105.0}, 110.0, Level()).keeps(limits) is kept


def test_a_limit_on_what_the_device_does_not_tell_is_refused(tmp_path: Path) -> None:
    from hwnas.export.architecture import write_architecture

    space = tiny_space()
    source = write_architecture(space, space.smallest, tmp_path / "m.onnx")
    asked = (Simulated(), space, space.smallest, source, tmp_path, find_preset("rapid"), 1.0)
    with pytest.raises(InputError, match=r"simulated does not tell p95_ms \(95th percentile"):
        measure_now(*asked, Limits.of(max_p95_ms=9.0), Patience())


def test_latencies_of_another_device_are_refused_by_what_differs() -> None:
    device = Simulated()
    card = device.card().to_dict()
    refuse_other_device(card, device, Path("run"))
    with pytest.raises(InputError, match="with cores 8, here cores is 1; search this device first with `hwnas search"):
        refuse_other_device({**card, "cores": 8}, device, Path("run"))
