"""How commands end; that every command does is in tests/contracts/test_commands.py."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hwnas
from hwnas.cli._ending import exit_code_of, say_error, say_warning
from hwnas.contracts.errors import DeviceError, InputError, PromiseError
from hwnas.testing._models import write_chain
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PromiseError("x"), 1),
        (InputError("x"), 2),
        (DeviceError("x"), 3),
        (PermissionError(errno.EACCES, "Permission denied", "f"), 2),
        (OSError(errno.ENOSPC, "No space left on device"), 2),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset"), 70),
        (OSError("no number"), 70),
        (KeyError("a"), 70),
        (SystemExit(0), 70),
        (KeyboardInterrupt(), 130),
    ],
)
def test_only_a_broken_promise_is_exit_code_1(error: BaseException, code: int) -> None:
    assert exit_code_of(error) == code


def test_where_no_file_can_be_written_the_traceback_is_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    try:
        raise KeyError("lost")
    except KeyError as error:
        assert say_error(error) == 70
    shown = capsys.readouterr().err
    assert "Traceback (most recent call last)" in shown
    assert shown.splitlines()[-1].startswith("hwnas: ")
    assert "the lines above" in shown.splitlines()[-1]


def test_a_check_that_nobody_foresaw_to_fail_leaves_junit_and_json_too(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("lost")

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("hwnas.pipeline.delivery.check.time_calmly", lambda *_, **__: broken())
    write_chain(Path("m.onnx"), 3)
    ended = command("check", "m.onnx", "--max-latency", "1s", "--json", "--junit", "out.xml")
    assert ended.code == 70
    assert json.loads(ended.output) == {"model": "m.onnx", "kept": None, "error": "'lost'", "exit_code": 70}
    assert re.search('<error message="\'lost\'" type="internal"', Path("out.xml").read_text())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_standard_output_on_a_full_disk_is_a_place_to_free_and_not_a_broken_promise() -> None:
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "hwnas", "spaces"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=os.environ)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr


def test_a_warning_of_ours_is_a_sentence_and_others_keep_their_place(capsys: pytest.CaptureFixture[str]) -> None:
    say_warning(UserWarning("Examples are cut."), UserWarning, hwnas.__file__, 7)
    say_warning(UserWarning("Theirs."), UserWarning, "/home/me/task.py", 7)
    assert capsys.readouterr().err.splitlines() == [
        "hwnas: Examples are cut.", "/home/me/task.py:7: UserWarning: Theirs.",
    ]  # fmt: skip
