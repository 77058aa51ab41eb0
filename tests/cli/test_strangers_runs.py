"""A run's folder is data: what it says is never run."""

import json
import shutil
from pathlib import Path

import pytest

from hwnas.contracts.device import DeviceCard
from tests.cli.conftest import Command


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that leaves a file `run` beside it."""
    program = tmp_path / "trap.sh"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/run\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    "device", ["cpu:python={trap}", "cpu:precision=int8,python={trap}", "ssh://localhost,python={trap}", "adb://{trap}"]
)
def test_a_device_that_a_run_names_is_asked_for_where_it_is_a_program_a_host_or_a_phone(
    command: Command, finished: Path, tmp_path: Path, trap: Path, device: str
) -> None:
    run = shutil.copytree(finished, tmp_path / "run-of-a-stranger")
    named = device.format(trap=trap)
    for path in (run / "front.json", *(run / "fronts").glob("*.json"), *(run / "latency_tables").glob("*.json")):
        content = json.loads(path.read_text())
        content["device"]["device"] = named
        path.write_text(json.dumps(content))
    for words in (("export", run, "--max-latency", "10s"), ("export", run, "--bundle", "--max-latency", "10s")):
        ended = command(*words)
        assert ended.code == 2
        assert "give it with --device" in " ".join(ended.errors.split())
    for name in ("show", "report"):
        command(name, run)
    assert not (tmp_path / "run").exists()


def test_a_report_is_written_of_a_device_that_is_not_at_hand(command: Command, finished: Path, tmp_path: Path) -> None:
    run = shutil.copytree(finished, tmp_path / "copied")
    (table,) = (run / "latency_tables").iterdir()
    front = json.loads((run / "front.json").read_text())
    front["device"]["device"] = "ssh://nowhere.invalid"
    (run / "front.json").write_text(json.dumps(front))
    table.rename(table.with_name(f"{DeviceCard(**front['device']).id}.json"))
    ended = command("report", run)
    assert ended.code == 0, ended.errors
    assert (run / "report.html").is_file()
    assert "--device YOUR_DEVICE" in ended.output
