"""What processes that are started import, and what they tell others."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hwnas.contracts.device import TimingPlan
from hwnas.contracts.errors import DeviceError
from hwnas.devices import _pack, open_device
from hwnas.devices._facts import Examiner
from hwnas.devices._footprint import can_tell, footprints
from hwnas.devices._session import Sessions
from hwnas.testing._models import write_chain

OTHER_PYTHON = f"cpu:threads=1,python={sys.executable}"
needs_memory = pytest.mark.skipif(not can_tell(), reason="this system does not tell what memory a process takes")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "m.onnx", 2)


@pytest.fixture
def sprung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is there when something of the current folder has been run; that holds modules of many names."""
    mark, folder = tmp_path / "sprung", tmp_path / "here"
    (folder / "hwnas").mkdir(parents=True)
    code = f"open({str(mark)!r}, 'a').write(__name__ + ' ')\nraise ImportError('not this one')\n"
    names = ["signal", "json", "zlib", "os", "runpy", "select", "tempfile", "numpy", "onnxruntime", "hwnas/__init__"]
    for name in names:
        (folder / f"{name}.py").write_text(code)
    monkeypatch.chdir(folder)
    return mark


@needs_memory
def test_the_weighing_process_runs_nothing_of_the_current_folder(
    sprung: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for entry in ("", str(Path.cwd()), "."):  # as an interactive session has it, and `python -m`
        monkeypatch.syspath_prepend(entry)
    (found,) = footprints(Sessions(), [str(model)], 60.0)
    assert found["load_ms"] > 0
    assert not sprung.exists()


def test_another_python_runs_nothing_of_the_current_folder(sprung: Path, model: Path) -> None:
    device = open_device(OTHER_PYTHON)
    assert device.card().provider == "CPUExecutionProvider"
    assert isinstance(device, Examiner)
    assert len(list(device.examine([model]))) == can_tell()
    assert not sprung.exists()


def weighed(model: Path) -> str:
    with pytest.raises(DeviceError) as caught:
        list(footprints(Sessions(), [str(model)], 60.0))
    return str(caught.value)


def far_end(model: Path) -> str:
    with pytest.raises(DeviceError) as caught:
        list(open_device(OTHER_PYTHON).measure([model], model, TimingPlan(1, 1, 0.0)))
    return str(caught.value)


def by_hand(model: Path) -> str:
    runner = model.with_name("runner.pyz")
    runner.write_bytes(_pack.runner())
    words = [sys.executable, str(runner), "time", str(model)]
    return subprocess.run(words, capture_output=True, text=True, check=False).stderr


@needs_memory
@pytest.mark.parametrize("start", [weighed, far_end, by_hand])
def test_onnxruntime_is_told_to_keep_still_in_every_process_that_is_started(
    start: Callable[[Path], str], model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY")
    if start is weighed:  # has it from this process, which has it from the package
        monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "1")
    said = "import os\nraise ImportError('telemetry is off: ' + os.environ.get('ORT_DISABLE_TELEMETRY', 'no'))\n"
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "onnxruntime.py").write_text(said)
    monkeypatch.syspath_prepend(tmp_path / "first")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "first"))
    assert "telemetry is off: 1" in start(model)


def test_importing_any_module_of_hwnas_tells_onnxruntime_to_keep_still() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    code = "import os, sys, hwnas; print(os.environ['ORT_DISABLE_TELEMETRY'], 'onnxruntime' in sys.modules)"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["1", "False"]


def test_no_device_id_and_no_events_are_kept_in_the_users_home(model: Path, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    home = tmp_path / "home"
    home.mkdir()
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    code = (
        "import sys; from pathlib import Path; from hwnas.devices import open_device\n"
        "for text in sys.argv[2:]:\n"
        "    print(*[facts.file_bytes for facts in open_device(text).examine([Path(sys.argv[1])])])"
    )
    words = [sys.executable, "-c", code, str(model), "cpu:threads=1", OTHER_PYTHON]
    subprocess.run(words, check=True, env=environment)
    left = [path.name for path in home.rglob("*") if path.is_file()]
    assert all(path.endswith((".pyz", ".onnx")) for path in left), left
