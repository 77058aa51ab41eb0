from itertools import repeat

import pytest

from hwnas.contracts import waiting
from hwnas.contracts.waiting import wait_until


def test_what_is_free_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert wait_until(lambda: True, "nobody", 0.0)
    assert capsys.readouterr().err == ""


def test_it_says_once_what_it_waits_for_and_gives_up_in_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SILENT_SECONDS", 0.0)
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.001)
    answers = iter([False, False, False, True])
    assert wait_until(lambda: next(answers), "the other\x1b[31m", 60.0)
    assert capsys.readouterr().err == "hwnas: Waiting for the other\\x1b[31m; Ctrl-C stops waiting.\n"
    never = repeat([])
    assert not wait_until(lambda: bool(next(never)), "the other", 0.01)
