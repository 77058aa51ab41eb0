from pathlib import Path

from hwnas.devices import open_device
from hwnas.pipeline.latencies.recorded import RecordedLatencies
from hwnas.pipeline.latencies.timed import TimedLatencies
from hwnas.pipeline.study import Study
from tests.plugged import Simulated, tiny_task
from tests.runs import tiny_supernet


def test_where_latencies_come_from_is_decided_when_a_study_is_opened(finished: Path, tmp_path: Path) -> None:
    """By the device: one that is timed, or the record of one."""
    (table,) = (finished / "latency_tables").glob("*.json")
    timed = Study(tmp_path / "a", tiny_supernet(), tiny_task(), Simulated(), preset="rapid")
    recorded = Study(tmp_path / "b", tiny_supernet(), tiny_task(), open_device(f"table:{table}"), preset="rapid")
    assert isinstance(timed.latencies, TimedLatencies)
    assert isinstance(recorded.latencies, RecordedLatencies)
    assert timed.latencies.known(24) is None
    assert recorded.latencies.known(24) is recorded.latencies.table(24)
