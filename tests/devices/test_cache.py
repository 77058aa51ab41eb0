import json
import os
import subprocess
import sys
from pathlib import Path

from hwnas.devices._cache import tidy
from hwnas.devices._pack import ONE_LINER, opening


def test_the_least_recently_touched_go_and_what_vanishes_meanwhile_does_no_harm(tmp_path: Path) -> None:
    for age, name in enumerate("abc"):
        path = tmp_path / name / "m.onnx"
        path.parent.mkdir()
        path.write_bytes(bytes(10))
        os.utime(path, (1000 - age, 1000 - age))
    (tmp_path / "gone.onnx").symlink_to(tmp_path / "nowhere")  # listed, and not there when it is looked at
    tidy(tmp_path, 20)
    assert sorted(path.parent.name for path in tmp_path.glob("*/m.onnx")) == ["a", "b"]


NOBODY = """
import os, pwd, sys
os.environ.pop("HOME", None)
os.environ.pop("HWNAS_CACHE", None)
def unknown(uid): raise KeyError(uid)
pwd.getpwuid = unknown
"""


def test_a_user_without_a_home_has_a_folder_of_its_own_beside_temporary_files(tmp_path: Path) -> None:
    code = NOBODY + "from hwnas.devices._cache import cache_folder; print(cache_folder())"
    words = [sys.executable, "-c", code]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    folder = Path(done.stdout.strip())
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)  # what somebody else may have put there
    refused = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert "HWNAS_CACHE" in refused.stderr


def test_a_far_end_without_a_home_keeps_its_files_there_too(tmp_path: Path) -> None:
    code = NOBODY + ONE_LINER
    environment = {name: value for name, value in os.environ.items() if name not in {"HOME", "XDG_CACHE_HOME"}}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path,
        env={**environment, "TMPDIR": str(tmp_path)},
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        process.stdin.write(opening(60.0))
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"hello": 1}
        process.kill()
    assert [path.name for path in tmp_path.iterdir()] == [f"hwnas-cache-{os.geteuid()}"]
