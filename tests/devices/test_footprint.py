import os
import time
from pathlib import Path

import pytest

from hwnas.contracts.errors import DeviceError
from hwnas.devices import _footprint, open_device
from hwnas.devices._facts import Examiner
from hwnas.devices._footprint import can_tell, footprints
from hwnas.devices._session import ModelRefusedError, Sessions
from hwnas.devices._watchdog import ModelHungError
from hwnas.testing._models import write_chain, write_failing
from tests.devices.models import write_stubborn

PATIENCE = 60.0
needs_memory = pytest.mark.skipif(not can_tell(), reason="this system does not tell what memory a process takes")


@pytest.fixture
def first_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose modules the other process finds before all others."""
    folder = tmp_path / "first"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


@needs_memory
def test_a_model_with_more_weights_takes_more_memory_and_about_as_much_again(tmp_path: Path) -> None:
    models = [str(write_chain(tmp_path / f"{width}.onnx", 1, width)) for width in (16, 2048)]
    small, large = footprints(Sessions(), models, PATIENCE)
    weights = 4 * (2048**2 - 16**2)
    grown = large["peak_memory_bytes"] - small["peak_memory_bytes"]
    assert weights <= grown < 4 * weights
    assert 0 < small["load_ms"] < 60_000
    again = next(iter(footprints(Sessions(), models[1:], PATIENCE)))
    assert again["peak_memory_bytes"] == pytest.approx(large["peak_memory_bytes"], rel=0.15)


@needs_memory
def test_a_model_that_cannot_be_loaded_or_run_is_refused_by_name(tmp_path: Path) -> None:
    good = str(write_chain(tmp_path / "good.onnx", 1))
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(ModelRefusedError, match=r"broken\.onnx"):
        list(footprints(Sessions(), [good, str(broken)], PATIENCE))
    with pytest.raises(ModelRefusedError):
        list(footprints(Sessions(), [str(write_failing(tmp_path / "failing.onnx"))], PATIENCE))


@needs_memory
def test_a_model_that_takes_too_long_is_given_up_by_name_and_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWNAS_TEST_MARK", str(tmp_path))
    good, stuck = str(write_chain(tmp_path / "good.onnx", 1)), str(write_stubborn(tmp_path / "stuck.onnx"))
    found = footprints(Sessions(), [good, stuck], 1.0)
    assert next(found)["load_ms"] > 0
    with pytest.raises(ModelHungError, match=r"stuck\.onnx has not returned for 1 s"):
        next(found)
    end = time.monotonic() + 5
    while (left := marked(tmp_path)) and time.monotonic() < end:
        time.sleep(0.05)
    assert left == []


def marked(mark: Path) -> list[str]:
    """Other processes that were started with this mark."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(mark).encode() in (entry / "environ").read_bytes() and entry.name != str(os.getpid()):
                found.append(entry.name)
        except OSError:
            continue
    return found


@needs_memory
def test_what_libraries_print_does_not_come_between(tmp_path: Path, first_on_the_path: Path) -> None:
    (first_on_the_path / "onnxruntime.py").write_text(
        "import os, sys\n"
        "print('starting', flush=True)\n"
        f"sys.path.remove({str(first_on_the_path)!r})\n"
        "del sys.modules['onnxruntime']\n"
        "import onnxruntime\n"
        "class Talking(onnxruntime.InferenceSession):\n"
        "    def __init__(self, *given, **named):\n"
        "        os.write(1, b'compiling\\n')\n"
        "        super().__init__(*given, **named)\n"
        "onnxruntime.InferenceSession = Talking\n"
    )
    models = [str(write_chain(tmp_path / f"{i}.onnx", 1)) for i in range(2)]
    assert all(found["load_ms"] > 0 for found in footprints(Sessions(), models, PATIENCE))


@needs_memory
def test_a_process_that_does_not_start_is_not_blamed_on_a_model(tmp_path: Path, first_on_the_path: Path) -> None:
    (first_on_the_path / "onnxruntime.py").write_text("raise ImportError('libfoo.so is missing')")
    with pytest.raises(DeviceError, match=r"did not get ready .*libfoo\.so is missing; see that") as caught:
        list(footprints(Sessions(), [str(write_chain(tmp_path / "m.onnx", 1))], PATIENCE))
    assert "m.onnx" not in str(caught.value)


@needs_memory
def test_a_process_that_hangs_at_its_start_is_given_up(
    tmp_path: Path, first_on_the_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_footprint, "STARTING_SECONDS", 0.5)
    (first_on_the_path / "onnxruntime.py").write_text("import time\ntime.sleep(600)")
    with pytest.raises(DeviceError, match=r"did not get ready to weigh models in 0\.5 s"):
        list(footprints(Sessions(), [str(write_chain(tmp_path / "m.onnx", 1))], PATIENCE))


@pytest.mark.parametrize("status", [None, "Name:\tpython\nVmRSS:\t   100 kB\nThreads:\t1\n"])
def test_a_system_that_does_not_tell_memory_is_asked_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str | None
) -> None:
    monkeypatch.setattr(_footprint, "STATUS", tmp_path / "status")
    if status is not None:
        (tmp_path / "status").write_text(status)
    device = open_device("cpu")
    assert isinstance(device, Examiner)
    assert list(device.examine([write_chain(tmp_path / "m.onnx", 1)])) == []
