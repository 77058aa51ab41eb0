"""Fixtures: device strings of remote devices that are at hand here."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devices import sshd as servers
from tests.devices.adb_stand_in import StandIn
from tests.devices.sshd import Sshd


@pytest.fixture(scope="session")
def shared_sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server for tests that do it no harm."""
    if servers.LACKING:
        pytest.skip(servers.LACKING)
    server = Sshd(tmp_path_factory.mktemp("sshd") / "s")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def ssh_there(shared_sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> str:
    """Device string of that server, with its keys in reach."""
    put_first(shared_sshd.programs, monkeypatch)
    return shared_sshd.device


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """A server of one's own, to be harmed."""
    if servers.LACKING:
        pytest.skip(servers.LACKING)
    server = Sshd(tmp_path / "sshd")
    put_first(server.programs, monkeypatch)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """A stand-in for `adb` with a phone."""
    made = StandIn(tmp_path / "adb")
    put_first(made.programs, monkeypatch)
    return made


@pytest.fixture
def adb_there(phone: StandIn) -> str:
    """Device string of that phone, with a Python."""
    return phone.with_python


def put_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs of `folder` go before all others."""
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
