import os
from pathlib import Path

from hwnas.devices._cache import tidy


def test_the_least_recently_touched_go_and_what_vanishes_meanwhile_does_no_harm(tmp_path: Path) -> None:
    for age, name in enumerate("abc"):
        path = tmp_path / name / "m.onnx"
        path.parent.mkdir()
        path.write_bytes(bytes(10))
        os.utime(path, (1000 - age, 1000 - age))
    (tmp_path / "gone.onnx").symlink_to(tmp_path / "nowhere")  # listed, and not there when it is looked at
    tidy(tmp_path, 20)
    assert sorted(path.parent.name for path in tmp_path.glob("*/m.onnx")) == ["a", "b"]
