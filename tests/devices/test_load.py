from pathlib import Path

import pytest

from hwnas.devices import _load
from hwnas.devices._load import OtherWork

STAT = (
    "cpu  99 0 0 0 0 0 0 0 0 0\ncpu{ours} {user} 0 0 0 0 0 0 0 0 0\ncpu{foreign} {user} 0 0 0 0 0 0 0 0 0\nintr 5 6\n"
)


def test_other_work_is_what_our_processors_did_less_what_this_process_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = tmp_path / "stat"
    monkeypatch.setattr(_load, "STAT", stat)
    clock = {"wall": 100.0, "own": 5.0}
    monkeypatch.setattr(_load.time, "monotonic", lambda: clock["wall"])
    monkeypatch.setattr(_load.time, "process_time", lambda: clock["own"])
    ticks = _load.os.sysconf("SC_CLK_TCK")
    work = OtherWork()
    names = {"ours": 0, "foreign": 1}
    monkeypatch.setattr(_load.os, "sched_getaffinity", lambda _: {0})
    stat.write_text(STAT.format(user=10 * ticks, **names))
    work.start()
    stat.write_text(STAT.format(user=18 * ticks, **names))
    clock.update(wall=104.0, own=7.0)
    work.stop()
    assert work.processors() == pytest.approx((8 - 2) / 4)


def test_other_work_is_unknown_where_the_system_does_not_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_load, "STAT", tmp_path / "none")
    work = OtherWork()
    work.start()
    work.stop()
    assert work.processors() is None
