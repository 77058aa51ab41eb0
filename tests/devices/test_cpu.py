import builtins
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hwnas.contracts.device import TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.devices import _host, _local, _lock, _runner, open_device
from hwnas.devices._facts import Examiner, Opener
from hwnas.testing._models import write_chain
from tests.devices.models import write_endless

BRIEF = TimingPlan(rounds=1, min_runs=3, min_seconds=0.0, warmup_runs=1)
HOLD = """
import sys
from hwnas.devices._lock import only_measurement
with only_measurement(10):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("cpu", "cpu:threads=1"),
        ("cpu: threads = 1 , optimization=all", "cpu:threads=1"),
        ("cpu:spinning=off,optimization=basic", "cpu:threads=1,optimization=basic,spinning=off"),
    ],
)
def test_equal_devices_have_one_canonical_string(text: str, canonical: str) -> None:
    assert open_device(text).card().device == canonical


def test_it_has_no_address_and_not_more_threads_than_cores() -> None:
    with pytest.raises(InputError, match="no address"):
        open_device("cpu:0")
    with pytest.raises(InputError, match="threads"):
        open_device(f"cpu:threads={_host.usable_cores() + 1}")


def test_every_option_value_runs_and_changes_the_card(tmp_path: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 2)
    texts = [
        "cpu",
        "cpu:optimization=none",
        "cpu:optimization=basic",
        "cpu:optimization=extended",
        "cpu:spinning=off",
        "cpu:arena=off",
    ]
    devices = [open_device(text) for text in texts]
    assert all(len(list(device.measure([model], model, BRIEF))) == 1 for device in devices)
    assert len({device.card().id for device in devices}) == len(texts)


def test_one_thread_reports_processor_time_close_to_its_wall_time(tmp_path: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 40)
    (timing,) = open_device("cpu").measure([model], model, BRIEF)
    assert timing.cpu_ms is not None
    assert 0 < timing.cpu_ms < 2 * timing.wall_ms


@pytest.mark.skipif(_host.usable_cores() < 2, reason="needs two cores")
def test_several_threads_report_no_processor_time(tmp_path: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 2)
    (timing,) = open_device("cpu:threads=2").measure([model], model, BRIEF)
    assert timing.cpu_ms is None


def test_the_order_of_the_models_differs_by_round_and_repeats_by_seed(tmp_path: Path) -> None:
    models = [write_chain(tmp_path / f"{i}.onnx", 1) for i in range(6)]
    plan = TimingPlan(rounds=3, min_runs=1, min_seconds=0.0, warmup_runs=1, seed=5)
    orders = [[(t.round, t.model) for t in open_device("cpu").measure(models, models[0], plan)] for _ in range(2)]
    assert orders[0] == orders[1]
    assert len({tuple(m for r, m in orders[0] if r == number) for number in range(3)}) > 1


def test_it_waits_for_another_process_that_measures_and_gives_up_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(_lock.tempfile, "tempdir", None)
    monkeypatch.setattr(_local, "PATIENCE_SECONDS", 0.2)
    model = write_chain(tmp_path / "m.onnx", 1)
    holder = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(DeviceError, match="Another process has been timing"):
        list(open_device("cpu").measure([model], model, BRIEF))
    holder.kill()
    holder.communicate()
    assert len(list(open_device("cpu").measure([model], model, BRIEF))) == 1


def test_a_runtime_that_cannot_be_imported_is_device_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = write_chain(tmp_path / "m.onnx", 1)
    real = builtins.__import__

    def without_runtime(name: str, *args: Any, **kwargs: Any) -> ModuleType:
        if name == "onnxruntime":
            raise ImportError("libfoo.so is missing")
        return real(name, *args, **kwargs)

    device = open_device("cpu")
    monkeypatch.setattr(builtins, "__import__", without_runtime)
    with pytest.raises(DeviceError, match=r"libfoo\.so is missing.*pip install"):
        list(device.measure([model], model, BRIEF))
    with pytest.raises(DeviceError, match="onnxruntime"):
        device.card()


def test_it_sees_the_work_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_runner, "FIRST", 0)  # with precedence, nobody else works on the only processor
    model = write_chain(tmp_path / "m.onnx", 4)
    device = open_device("cpu")
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as loop:
        (timing,) = device.measure([model], model, TimingPlan(rounds=1, min_runs=1, min_seconds=0.4))
        loop.kill()
    if timing.others_busy is None:
        pytest.skip("this system does not show the processor time of others")
    assert timing.others_busy > 0.2


@pytest.mark.parametrize("name", ["endless.onnx", "reference.onnx"])
def test_a_model_that_never_returns_is_given_up_by_name_and_the_device_goes_on(tmp_path: Path, name: str) -> None:
    model, endless = write_chain(tmp_path / "m.onnx", 1), write_endless(tmp_path / name)
    device = open_device("cpu:timeout=0.5")
    reference = endless if name == "reference.onnx" else model
    with pytest.raises(DeviceError, match=rf"{name} has not returned for 0.5 s; .*timeout=SECONDS") as caught:
        list(device.measure([model, endless], reference, BRIEF))
    assert "\n" not in str(caught.value)
    assert len(list(device.measure([model], model, BRIEF))) == 1


def test_looking_into_a_model_that_never_returns_is_given_up(tmp_path: Path) -> None:
    device = open_device("cpu:timeout=0.5")
    assert isinstance(device, Opener)
    assert isinstance(device, Examiner)
    endless = write_endless(tmp_path / "endless.onnx")
    with pytest.raises(DeviceError, match=r"endless\.onnx has not returned"):
        device.operations(endless)
    with pytest.raises(DeviceError, match=r"endless\.onnx has not returned"):
        list(device.examine([endless]))


def test_its_patience_is_a_number_and_no_part_of_what_it_is() -> None:
    assert open_device("cpu:timeout=900").card() == open_device("cpu").card()
    with pytest.raises(InputError, match=r"timeout.*number above 0"):
        open_device("cpu:timeout=soon")
