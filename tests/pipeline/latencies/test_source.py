import pytest

from hwnas.contracts.level import Level
from hwnas.pipeline.latencies.source import Now
from hwnas.pipeline.selection.limits import Limits
from hwnas.profiling.estimate import Latency

LATENCY = Latency(0, 100.0, 96.0, 103.0, 10, 100, 0.01)


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
    assert Now(LATENCY, 110.0, Level(), extra={"p95_ms": 105.0}).keeps(limits) is kept
