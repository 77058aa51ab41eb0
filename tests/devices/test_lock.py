"""The timing lock of the machine."""

import os
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from hwnas.contracts import waiting
from hwnas.contracts.errors import DeviceError
from hwnas.devices._lock import only_measurement


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / "hwnas-timing.lock"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_pipe_or_a_folder_in_its_place_is_refused_at_once(path: Path, make: object) -> None:
    assert callable(make)
    make(path)
    refused = threading.Event()

    def take() -> None:
        with pytest.raises(DeviceError, match=r"hwnas-timing\.lock is no plain file; remove it"), only_measurement(1.0):
            pass
        refused.set()

    threading.Thread(target=take, daemon=True).start()  # it may wait for ever
    assert refused.wait(30.0)


def test_who_waits_is_told_for_what(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SILENT_SECONDS", 0.0)
    with (
        only_measurement(1.0),
        pytest.raises(DeviceError, match=r"Another process has been timing"),
        only_measurement(0.05),
    ):
        pass
    assert capsys.readouterr().err == (
        f"hwnas: Waiting for another process that times models on this machine (lock {path}); Ctrl-C stops waiting.\n"
    )


@pytest.mark.usefixtures("path")
def test_without_locks_nothing_is_timed_and_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", None)
    with pytest.raises(DeviceError, match="neither fcntl nor msvcrt"), only_measurement(1.0):
        pass
