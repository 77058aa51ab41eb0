"""Signals that end programs: a word, an exit code that names the signal, and nothing left behind."""

import signal
import time
from pathlib import Path

import pytest

from hwnas.archive import only_one
from tests.devices.models import write_endless
from tests.runs import Console, tiny_run

HURRY = "import os; os.environ['TMPDIR'] = {place!r}"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_command_that_is_stopped_clears_up_and_says_so(console: Console, tmp_path: Path, name: str) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    model = write_endless(tmp_path / "endless.onnx")
    words = ("check", model, "--device", "cpu:threads=1", "--preset", "rapid", "--max-latency", "1s")
    process = console.start(*words, before=HURRY.format(place=str(place)))
    try:
        end = time.monotonic() + 60
        while not list(place.glob("hwnas-*/files/*")) and process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        number = signal.Signals[name]
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, errors.count("\n")) == (128 + number, 1), errors
    assert "Stopped. Nothing measured is lost" in errors
    assert not list(place.glob("hwnas-*/"))


def test_a_second_process_on_a_run_says_what_it_waits_for_and_heeds_ctrl_c(console: Console, tmp_path: Path) -> None:
    run = tiny_run(tmp_path / "run")
    with only_one(run / ".lock"):
        process = console.start("search", run, "--device", "simulated", "--preset", "rapid")
        try:
            while "\n" not in process.errors and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
            said, errors = errors.splitlines(keepends=True)
        finally:
            process.kill()
    assert said == f"hwnas: Waiting for another process that works in {run} (lock {run}/.lock); Ctrl-C stops waiting.\n"
    assert process.returncode == 130
    assert "Stopped. Nothing measured is lost" in errors
