"""The contract of devices, run over all that are found.

A device whose execution provider onnxruntime does not have is skipped, and runs by itself where it has it; one that is
reached by an address is named in `THERE`, with the fixture that gives it one.
"""

import importlib
import os

import onnxruntime
import pytest

from hwnas.contracts import finding
from hwnas.devices._session import CPU
from hwnas.testing import suite
from hwnas.testing.devices import Subject
from tests.devices.remotes import adb_there as adb_there  # noqa: PLC0414  fixtures
from tests.devices.remotes import phone as phone  # noqa: PLC0414
from tests.devices.remotes import shared_sshd as shared_sshd  # noqa: PLC0414
from tests.devices.remotes import ssh_there as ssh_there  # noqa: PLC0414

RECORDS = {"table"}  # they answer from a record, and refuse to time: tests/devices/test_table.py
THERE = {"ssh": "ssh_there", "adb": "adb_there", "ep": "named_provider", "openvino": "openvino_there"}
INT8 = "cpu:precision=int8"  # an option of all devices makes another one


@pytest.fixture
def named_provider() -> str:
    return "ep:CPU"


@pytest.fixture
def openvino_there() -> str:
    if lacking("openvino") is None:
        return "openvino"
    python = os.environ.get("HWNAS_OPENVINO_PYTHON")
    if not python:
        pytest.skip("needs HWNAS_OPENVINO_PYTHON: a Python with numpy and onnxruntime-openvino")
    return f"openvino:python={python}"


def lacking(name: str) -> str | None:
    """The execution provider of a device that is not there."""
    module = importlib.import_module(f"hwnas.devices.{name.partition(':')[0]}")
    provider: str = module.PROVIDER.name if hasattr(module, "PROVIDER") else CPU
    return None if provider in onnxruntime.get_available_providers() else provider


class TestDevices(suite("devices")):  # type: ignore[misc]  # made here
    @pytest.fixture(params=[*(name for name in finding.names("devices") if name not in RECORDS), INT8])
    def subject(self, request: pytest.FixtureRequest) -> Subject:
        if request.param in THERE:
            return Subject("devices", request.getfixturevalue(THERE[request.param]), {})
        if provider := lacking(request.param):
            pytest.skip(f"needs an onnxruntime with {provider}")
        return Subject("devices", request.param, {})
