import io
import sys

import pytest

from hwnas.cli import _progress
from hwnas.cli._printing import _Console, prepare_streams
from hwnas.cli._progress import steps


def test_each_step_has_a_bar_of_its_own_and_its_time_is_remembered(capsys: pytest.CaptureFixture[str]) -> None:
    with steps() as progress:
        progress("timing", 0, 2)
        progress("timing", 2, 2)
        progress("[b]proving\x1b[31m", 1, 3)
        progress.finish()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "timing" in shown.err
    assert "2/2" in shown.err
    assert r"[b]proving\x1b[31m" in shown.err
    assert "1/3" in shown.err
    assert set(progress.seconds) == {"starting", "timing", "[b]proving\x1b[31m"}


def test_what_fails_at_once_shows_no_bars(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), steps():
        raise KeyError
    assert capsys.readouterr().err == ""


def test_bars_are_drawn_on_a_terminal_that_knows_ascii_only(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(raw, encoding="ascii"))
    prepare_streams()
    monkeypatch.setattr(_progress, "errors", _Console(stderr=True))
    with steps() as progress:
        progress("timing ±", 1, 2)
    sys.stderr.flush()
    assert b"1/2" in raw.getvalue()


def test_nothing_is_cut_in_a_file_or_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with steps() as progress:
        progress("evaluating on unseen images of somebody", 2250, 2250)
        progress.note("loss 0.176, rate 0.00012, and a long word of how it goes " * 3)
    shown = capsys.readouterr().err
    assert "…" not in shown
    assert "2250/2250" in shown
    assert "\n" not in shown.rstrip()
