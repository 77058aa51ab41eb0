"""What every device must do; each one found in the room is tested from the moment it exists.

A device whose execution provider onnxruntime does not have is skipped, and runs by itself where it has it; one that is
reached by an address is named in `THERE`, with the fixture that gives it one.
"""

import importlib
import json
import os
from pathlib import Path

import pytest

from hwnas.contracts import finding
from hwnas.contracts.device import Device, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.devices import open_device
from hwnas.devices._session import CPU
from tests.devices.models import write_chain, write_failing, write_lookup
from tests.devices.remotes import adb_there as adb_there  # noqa: PLC0414  fixtures
from tests.devices.remotes import phone as phone  # noqa: PLC0414
from tests.devices.remotes import shared_sshd as shared_sshd  # noqa: PLC0414
from tests.devices.remotes import ssh_there as ssh_there  # noqa: PLC0414

RECORDS = {"table"}  # they answer from a record, and refuse to time: tests/devices/test_table.py
THERE = {"ssh": "ssh_there", "adb": "adb_there", "ep": "named_provider", "openvino": "openvino_there"}
INT8 = "cpu:precision=int8"  # an option of all devices makes another one
BRIEF = TimingPlan(rounds=2, min_runs=3, min_seconds=0.0, warmup_runs=1)


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


@pytest.fixture(params=[*(name for name in finding.names("devices") if name not in RECORDS), INT8])
def device(request: pytest.FixtureRequest) -> Device:
    if request.param in THERE:
        return open_device(request.getfixturevalue(THERE[request.param]))
    if provider := lacking(request.param):
        pytest.skip(f"needs an onnxruntime with {provider}")
    return open_device(request.param)


def lacking(name: str) -> str | None:
    """The execution provider of a device that is not there."""
    import onnxruntime

    module = importlib.import_module(f"hwnas.devices.{name.partition(':')[0]}")
    provider: str = module.PROVIDER.name if hasattr(module, "PROVIDER") else CPU
    return None if provider in onnxruntime.get_available_providers() else provider


@pytest.fixture
def models(tmp_path: Path) -> list[Path]:
    return [write_chain(tmp_path / "short.onnx", 1), write_chain(tmp_path / "long.onnx", 40)]


def test_every_model_is_timed_once_per_round(device: Device, models: list[Path]) -> None:
    timings = list(device.measure(models, models[0], BRIEF))
    assert sorted((t.round, t.model) for t in timings) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert all(isinstance(t, Timing) and t.runs >= 3 and t.wall_ms > 0 and t.reference_wall_ms > 0 for t in timings)


def test_a_later_plan_goes_on_with_the_round_numbers(device: Device, models: list[Path]) -> None:
    plan = TimingPlan(rounds=2, min_runs=1, min_seconds=0.0, warmup_runs=1, first_round=7)
    assert {t.round for t in device.measure(models, models[0], plan)} == {7, 8}


def test_processor_time_is_given_for_model_and_reference_or_for_neither(device: Device, models: list[Path]) -> None:
    for timing in device.measure(models, models[0], BRIEF):
        assert (timing.cpu_ms is None) == (timing.reference_cpu_ms is None)


def test_the_longer_model_takes_longer(device: Device, models: list[Path]) -> None:
    plan = TimingPlan(rounds=3, min_runs=20, min_seconds=0.0)
    timings = list(device.measure(models, models[0], plan))
    times = [sorted(t.wall_ms for t in timings if t.model == m)[1] for m in (0, 1)]
    assert times[1] > 2 * times[0]


def test_inputs_are_made_from_what_the_model_says_of_them(device: Device, tmp_path: Path) -> None:
    model = write_lookup(tmp_path / "lookup.onnx")
    assert len(list(device.measure([model], model, BRIEF))) == 2


@pytest.mark.parametrize("fault", ["missing", "truncated", "fails when run"])
def test_a_broken_model_is_refused_by_name(device: Device, models: list[Path], tmp_path: Path, fault: str) -> None:
    broken = tmp_path / "broken.onnx"
    if fault == "truncated":
        broken.write_bytes(models[1].read_bytes()[:100])
    elif fault == "fails when run":
        if device.card().provider == "OpenVINOExecutionProvider":
            pytest.skip("OpenVINO looks up rows beyond the end of a table without complaint")
        write_failing(broken)
    with pytest.raises(DeviceError, match=r"broken\.onnx") as caught:
        list(device.measure([models[0], broken], models[0], BRIEF))
    assert "\n" not in str(caught.value)


def test_it_can_be_used_again_after_a_refusal(device: Device, models: list[Path], tmp_path: Path) -> None:
    with pytest.raises(DeviceError):
        list(device.measure([tmp_path / "none.onnx"], models[0], BRIEF))
    assert len(list(device.measure(models, models[0], BRIEF))) == 4


def test_a_measurement_left_halfway_does_not_block_the_next(device: Device, models: list[Path]) -> None:
    timings = device.measure(models, models[0], BRIEF)
    next(timings)
    del timings
    assert len(list(device.measure(models, models[0], BRIEF))) == 4


def test_a_model_written_anew_under_its_old_name_is_timed_anew(device: Device, models: list[Path]) -> None:
    list(device.measure([models[0]], models[0], BRIEF))
    models[0].write_bytes(b"no model any more")
    with pytest.raises(DeviceError, match=r"short\.onnx"):
        list(device.measure([models[0]], models[1], BRIEF))


def test_its_card_is_complete_and_json(device: Device) -> None:
    card = device.card()
    text = [card.device, card.processor, card.system, card.runtime, card.provider, card.precision]
    assert all(text)
    assert card.cores >= 1
    assert card.threads >= 1
    assert card.memory_bytes > 0
    assert all(isinstance(value, str) for value in card.settings.values())
    assert json.loads(json.dumps(card.to_dict())) == card.to_dict()


def test_its_card_stays_the_same_after_measuring(device: Device, models: list[Path]) -> None:
    before = device.card()
    list(device.measure(models, models[0], BRIEF))
    assert device.card() == before
    assert device.card().id == before.id


def test_its_canonical_string_opens_the_same_device(device: Device) -> None:
    name = device.card().device
    assert open_device(name).card() == device.card()


def test_an_unknown_option_is_answered_with_those_there_are(device: Device) -> None:
    with pytest.raises(InputError, match="no option 'colour'"):
        open_device(f"{device.card().device},colour=red").card()
