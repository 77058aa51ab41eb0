"""The commands with a device of another machine: a real sshd, a tiny space."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from hwnas.devices import open_device
from hwnas.pipeline.delivery.front import Front
from hwnas.pipeline.tables import cliffs
from hwnas.supernet import Supernet
from hwnas.testing._models import write_chain
from tests.cli.conftest import Command
from tests.devices.remotes import shared_sshd as shared_sshd  # noqa: PLC0414  fixtures
from tests.devices.remotes import ssh_there as ssh_there  # noqa: PLC0414
from tests.devices.sshd import Sshd
from tests.plugged import tiny_space
from tests.runs import ROOT, SEARCH


def test_profile_and_check_work_over_ssh(command: Command, ssh_there: str, tmp_path: Path) -> None:
    profiling = ("profile", ssh_there, "--space", "tiny", "--samples", "6", "--preset", "rapid", "--even-unusable")
    profiled = command(*profiling)
    assert profiled.code == 0, profiled.errors
    (path,) = Path().glob("tiny-ssh*.json")
    table = json.loads(path.read_text())
    assert table["device"]["device"] == open_device(ssh_there).card().device
    assert len(table["rows"]) == 6
    write_chain(tmp_path / "model.onnx", 20)
    checked = command(
        "check", "model.onnx", "--device", ssh_there, "--max-latency", "0.001us", "--preset", "rapid", "--json"
    )
    assert checked.code == 1, checked.errors  # so far beyond the budget that no machine is too busy to say so
    assert json.loads(checked.output)["device"] == table["device"]


def test_a_remote_machine_explains_where_time_goes_there(
    command: Command, ssh_there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cliffs, "WIDTHS", range(40, 42))
    write_chain(Path("m.onnx"), 30)
    ended = command("explain", "m.onnx", "--device", ssh_there, "--json")
    assert ended.code == 0, ended.errors
    found = json.loads(ended.output)
    assert found["device"] == open_device(ssh_there).card().device
    assert len(found["operations"]) == 30
    assert sum(part["latency_ms"] for part in found["operations"]) == pytest.approx(found["latency_ms"])


@pytest.mark.usefixtures("ssh_there")
def test_search_works_over_ssh(command: Command, shared_sshd: Sshd, tmp_path: Path) -> None:
    """On a device of known latencies at the far end, since a busy machine may be refused."""
    places = f"{tmp_path / 'plugged'}:{ROOT}"
    python = shared_sshd.program("plugged", f'PYTHONPATH={shlex.quote(places)} exec {shlex.quote(sys.executable)} "$@"')
    Supernet(tiny_space()).save(tmp_path / "run")
    device = f"{shared_sshd.address}/simulated,python={python}"
    searched = command("search", "run", "--device", device, "--task", "tiny", *SEARCH[2:])
    assert searched.code == 0, searched.errors
    front = Front.read(tmp_path / "run" / "front.json")
    assert front.device["device"] == device
    assert front.members


@pytest.mark.usefixtures("ssh_there")
@pytest.mark.parametrize(
    "words", [("profile", "{}", "--space", "tiny"), ("check", "m.onnx", "--max-latency", "2ms", "--device", "{}")]
)
def test_a_machine_that_does_not_let_one_in_is_exit_code_3_and_one_sentence(
    command: Command, shared_sshd: Sshd, words: tuple[str, ...]
) -> None:
    Path("m.onnx").write_bytes(b"any")
    stranger = shared_sshd.address.replace(shared_sshd.address.partition("@")[0], "ssh://nobody-of-that-name")
    ended = command(*(word.replace("{}", stranger) for word in words))
    assert ended.code == 3
    assert "does not let this user in" in ended.errors
    assert "Traceback" not in ended.errors
