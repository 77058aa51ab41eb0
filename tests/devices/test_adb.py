"""The real sequence of `adb` commands against a stand-in that runs them here; no phone."""

import time
from pathlib import Path

import pytest

from hwnas.contracts.device import TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.devices import _phone, open_device
from hwnas.devices._facts import Opener
from hwnas.devices._session import Sessions
from hwnas.testing._models import write_chain, write_failing
from tests.devices.adb_stand_in import HOME, SERIAL, StandIn
from tests.devices.models import write_endless
from tests.devices.remotes import phone as phone  # noqa: PLC0414  a fixture

BRIEF = TimingPlan(rounds=1, min_runs=3, min_seconds=0.0, warmup_runs=1)


@pytest.fixture
def models(tmp_path: Path) -> list[Path]:
    return [write_chain(tmp_path / "short.onnx", 1), write_chain(tmp_path / "long.onnx", 200)]


def refusal(device: str, models: list[Path]) -> str:
    with pytest.raises(DeviceError) as caught:
        list(open_device(device).measure(models, models[0], BRIEF))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("text", ["adb", "adb:emulator-5554", "adb://", "adb://-s", "adb:threads=2"])
def test_an_address_out_of_shape_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="adb://serial"):
        open_device(text)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("mask=cores", "hexadecimal mask"),
        ("max_celsius=warm", "number above 0"),
        ("timeout=0", "number above 0"),
        ("perf_test=/x,threads=0", "'threads'.*takes 1"),
        ("perf_test=/x,colour=red", "no option 'colour'"),
    ],
)
def test_an_option_out_of_shape_is_refused(options: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        open_device(f"adb://{SERIAL},{options}")


def test_with_the_program_models_are_pushed_once_and_each_burst_is_one_call(phone: StandIn, models: list[Path]) -> None:
    plan = TimingPlan(rounds=1, min_runs=5, min_seconds=0.0, first_round=3)
    timings = list(open_device(phone.with_program).measure(models, models[0], plan))
    assert sorted((t.round, t.model) for t in timings) == [(3, 0), (3, 1)]
    assert all(t.cpu_ms is None and t.runs >= 5 for t in timings)
    assert min(t.wall_ms for t in timings if t.model == 1) > max(t.wall_ms for t in timings if t.model == 0)
    pushes = [call for call in phone.calls if call.startswith("push")]
    assert sorted(call.split()[1] for call in pushes) == sorted(map(str, models))
    bursts = [call for call in phone.calls if "onnxruntime_perf_test" in call]
    assert len(bursts) == 3 * len(timings)
    start = f"shell -T cd {HOME} && ORT_DISABLE_TELEMETRY=1 LD_LIBRARY_PATH={HOME} "
    assert all(call.startswith(start) for call in bursts)
    assert all(f" {HOME}/onnxruntime_perf_test -I -m times -r " in call for call in bursts)
    assert all(" -x 1 -y 1 -o 99 -e cpu -s " in call for call in bursts)


@pytest.mark.parametrize("spoilt", [b"", b"other"])
def test_a_model_that_was_spoilt_on_the_phone_is_pushed_again(
    phone: StandIn, models: list[Path], spoilt: bytes
) -> None:
    list(open_device(phone.with_program).measure(models, models[0], BRIEF))
    kept = sorted((phone.folder / "tmp" / "hwnas" / "models").iterdir())
    assert len(kept) == 2
    kept[0].write_bytes(spoilt)
    pushes = sum(call.startswith("push") for call in phone.calls)
    assert len(list(open_device(phone.with_program).measure(models, models[0], BRIEF))) == 2
    assert sum(call.startswith("push") for call in phone.calls) == pushes + 1


def test_bursts_last_for_the_seconds_asked_for_once_a_model_is_known(phone: StandIn, models: list[Path]) -> None:
    plan = TimingPlan(rounds=1, min_runs=2, min_seconds=0.05)
    (timing,) = open_device(phone.with_program).measure(models[1:], models[1], plan)  # known as its own reference
    assert timing.runs > 2


def test_the_card_says_which_phone_and_which_program(phone: StandIn) -> None:
    device = open_device(f"{phone.with_program},threads=2,mask=f0")
    card = device.card()
    assert card.processor == "No Chip"
    assert card.settings["phone"] == "Stand-in 1"
    assert card.settings["governor"] == "schedutil"
    assert card.settings["mask"] == "f0"
    assert card.runtime.startswith("onnxruntime_perf_test ")
    assert card.memory_bytes > 0
    assert card.threads == 2
    assert open_device(card.device).card() == card
    with pytest.raises(DeviceError, match="has no program /nowhere"):
        open_device(f"adb://{SERIAL},perf_test=/nowhere").card()


def test_cores_are_chosen_by_taskset_either_way(phone: StandIn, models: list[Path]) -> None:
    for device in (phone.with_python, phone.with_program):
        assert len(list(open_device(f"{device},mask=1").measure(models[:1], models[0], BRIEF))) == 1
    assert sum(" taskset 1 " in call for call in phone.calls) >= 4


def test_a_model_the_program_refuses_is_named(phone: StandIn, models: list[Path], tmp_path: Path) -> None:
    assert "failing.onnx cannot be run" in refusal(phone.with_program, [write_failing(tmp_path / "failing.onnx")])
    assert "none.onnx cannot be read" in refusal(phone.with_program, [models[0], tmp_path / "none.onnx"])


@pytest.mark.parametrize("way", ["with_python", "with_program"])
def test_the_phone_tells_what_a_run_consists_of(phone: StandIn, models: list[Path], tmp_path: Path, way: str) -> None:
    device = open_device(getattr(phone, way))
    assert isinstance(device, Opener)
    operations = device.operations(models[1])
    here = Sessions().operations(str(models[1]))
    assert [operation["name"] for operation in operations] == [operation["name"] for operation in here]
    assert all(operation["time_ms"] > 0 for operation in operations)
    assert not list((phone.folder / "tmp" / "hwnas").glob("profile*"))
    with pytest.raises(DeviceError, match=r"failing\.onnx cannot be run"):
        device.operations(write_failing(tmp_path / "failing.onnx"))


@pytest.mark.parametrize("way", ["with_python", "with_program"])
def test_a_model_that_never_returns_times_out_and_leaves_nothing_running(
    phone: StandIn, tmp_path: Path, way: str
) -> None:
    endless = write_endless(tmp_path / "endless.onnx")
    assert "gave no answer for 2 s" in refusal(f"{getattr(phone, way)},timeout=2", [endless])
    end = time.monotonic() + 10
    while (left := phone.running()) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == []


def test_what_adb_says_is_said_in_words(phone: StandIn, models: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = phone.with_python.replace(SERIAL, "EMPTY")
    assert "is not connected" in refusal(stranger, models)
    assert "has no Python called 'python3.99'" in refusal(f"adb://{SERIAL},python=python3.99", models)
    phone.say("unauthorized")
    assert "allow USB debugging" in refusal(phone.with_python, models)
    monkeypatch.setenv("PATH", "/nowhere")
    assert "'adb' is needed" in refusal(phone.with_python, models)


def test_a_phone_that_goes_offline_is_waited_for(phone: StandIn, models: list[Path]) -> None:
    timings = open_device(phone.with_program).measure(models[:1], models[0], BRIEF)
    phone.say("offline")
    assert len(list(timings)) == 1
    assert "wait-for-device" in phone.calls


def test_a_phone_that_stays_offline_is_given_up(
    phone: StandIn, models: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_phone, "MAX_TRIES", 1)
    phone.say("offline")
    assert "is offline" in refusal(phone.with_program, models)


def test_a_phone_that_is_asked_and_fails_is_not_taken_for_one_without_the_program(phone: StandIn) -> None:
    (phone.programs / "adb").write_text("#!/bin/sh\necho 'error: protocol fault (no status)' >&2\nexit 1\n")
    with pytest.raises(DeviceError, match=r"does not do what it is asked: error: protocol fault"):
        open_device(phone.with_program).card()


def test_patience_is_no_part_of_what_a_phone_is(phone: StandIn) -> None:
    for device in (phone.with_python, phone.with_program):
        assert open_device(f"{device},timeout=900").card() == open_device(device).card()
