"""Every example runs from its network to its file, on a simulated device and with tiny settings."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tests.plugged import plug_in

ROOT = Path(__file__).parents[2]
QUICK = {
    "bert.py": ("--quick", "--device", "simulated", "--out", "run"),
    "function.py": ("--evaluations", "16"),
    "image_folder.py": ("photos", "--pixels", "24", "--quick", "--device", "simulated", "--out", "run"),
    "own_cnn.py": ("--quick", "--device", "simulated", "--out", "run"),
}


def photos(folder: Path) -> None:
    """Digits as coloured pictures, a folder for each of three."""
    digits = load_digits()
    for number in range(3):
        (folder / str(number)).mkdir(parents=True)
        for i, image in enumerate(digits.images[digits.target == number][:60]):
            picture = Image.fromarray((image * 15).astype(np.uint8)).convert("RGB")
            picture.save(folder / str(number) / f"{i}.png")


def test_every_example_is_tried() -> None:
    assert sorted(path.name for path in (ROOT / "examples").glob("*.py")) == sorted(QUICK)


@pytest.mark.parametrize("name", QUICK)
def test_an_example_runs_and_tells_what_it_found(name: str, tmp_path: Path) -> None:
    paths = [str(plug_in(tmp_path / "plugged")), str(ROOT)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    photos(tmp_path / "photos")
    words = [sys.executable, str(ROOT / "examples" / name), *QUICK[name]]
    ended = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    if "--out" in QUICK[name]:
        assert "x as fast, " in ended.stdout
        assert (tmp_path / "run" / "model.onnx").is_file()
    else:
        assert "nodes: {'trees': " in ended.stdout
