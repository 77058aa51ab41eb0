from pathlib import Path

import pytest

from hwnas.devices import _load
from hwnas.devices._load import others_seconds

STAT = (
    "cpu  99 0 0 0 0 0 0 0 0 0\ncpu{ours} {user} 0 0 0 0 0 0 0 0 0\ncpu{foreign} {user} 0 0 0 0 0 0 0 0 0\nintr 5 6\n"
)


def test_other_work_is_what_our_processors_did_less_what_this_process_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_load, "STAT", stat := tmp_path / "stat")
    monkeypatch.setattr(_load.time, "process_time", lambda: 2.0)
    monkeypatch.setattr(_load.os, "sched_getaffinity", lambda _: {0})
    stat.write_text(STAT.format(user=8 * _load.os.sysconf("SC_CLK_TCK"), ours=0, foreign=1))
    assert others_seconds() == pytest.approx(8 - 2)


@pytest.mark.parametrize("there", ["nothing", "a folder", "other words"])
def test_other_work_is_unknown_where_the_system_does_not_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    monkeypatch.setattr(_load, "STAT", stat := tmp_path / "stat")
    if there == "a folder":  # as good as a file that may not be read, which root always may
        stat.mkdir()
    elif there == "other words":
        stat.write_text("cpu0 many few\n")
    monkeypatch.setattr(_load.os, "sched_getaffinity", lambda _: {0})
    assert others_seconds() is None
