import ast
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hwnas.devices import _pack
from hwnas.testing._models import write_chain, write_failing


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    path = tmp_path / _pack.runner_name()
    path.write_bytes(_pack.runner())
    return path


def run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_equal_sources_give_equal_bytes_and_a_name_that_says_so() -> None:
    first, name = _pack.runner(), _pack.runner_name()
    _pack.runner.cache_clear()
    assert _pack.runner() == first
    assert _pack.runner_name() == name == f"hwnas_runner-{hashlib.sha256(first).hexdigest()[:12]}.pyz"


def test_every_file_in_it_can_be_read_by_the_oldest_python_it_is_for() -> None:
    with zipfile.ZipFile(io.BytesIO(_pack.runner())) as archive:
        names = archive.namelist()
        assert {"__main__.py", "hwnas/devices/cpu.py", "hwnas/contracts/device.py"} <= set(names)
        for name in names:
            ast.parse(archive.read(name), name, feature_version=_pack.OLDEST_PYTHON)


def test_it_times_a_model_where_hwnas_is_not_installed(runner: Path, tmp_path: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 2)
    alone = "import sys, runpy; " + (
        f"sys.argv = ['runner', 'time', {str(model)!r}, '--rounds', '2', '--min-seconds', '0']; "
        f"runpy.run_path({str(runner)!r}, run_name='__main__'); "
        "ours = [m.__file__ for name, m in sys.modules.items() if name.split('.')[0] == 'hwnas']; "
        f"assert ours and all(file.startswith({str(runner)!r}) for file in ours), ours"
    )
    done = run("-c", alone)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["model"] == "m.onnx"
    assert told["device"]["device"] == "cpu:threads=1"
    assert [timing["round"] for timing in told["timings"]] == [0, 1]


def test_by_hand_trouble_is_one_sentence_and_its_exit_code(runner: Path, tmp_path: Path) -> None:
    own = {"TMPDIR": str(tmp_path)}  # nobody else times models by the lock there
    refused = run(runner, "time", write_failing(tmp_path / "failing.onnx"), **own)
    unknown = run(runner, "time", tmp_path / "m.onnx", "--device", "cpi", **own)
    assert (refused.returncode, unknown.returncode) == (3, 2)
    assert "failing.onnx" in refused.stderr
    assert len(refused.stderr.splitlines()) == len(unknown.stderr.splitlines()) == 1
