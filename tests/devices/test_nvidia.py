"""What nvidia-smi says of a card; a stand-in for the program, for there is none here."""

import shlex
import sys
from pathlib import Path

import pytest

from hwnas.devices._nvidia import ASKED, graphics_card

UNKNOWN = dict.fromkeys(ASKED, "unknown")


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    program, script = folder / "nvidia-smi", folder / "nvidia_smi.py"
    script.write_text(f"import sys\n{code}\n")
    # A path with a space, as of an environment in such a folder, cannot stand behind "#!".
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -IS {shlex.quote(str(script))} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_the_card_that_is_asked_for_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, "print(f'GPU {sys.argv[-1]}, 550.1, 1980 MHz, 700.00 W')")
    assert graphics_card({"device_id": "3"}) == {
        "gpu": "GPU 3", "driver": "550.1", "gpu_max_mhz": "1980 MHz", "gpu_power_limit": "700.00 W",
    }  # fmt: skip


@pytest.mark.parametrize("code", ["sys.exit(9)", None])
def test_a_program_that_fails_or_is_not_there_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str | None
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if code is not None:
        stand_in(tmp_path, monkeypatch, code)
    assert graphics_card({"device_id": "0"}) == UNKNOWN
