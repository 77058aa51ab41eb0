"""What the demo refuses before it times anything; what it leaves is in `tests/pipeline/test_demo.py`."""

from pathlib import Path

from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused


def test_a_device_that_there_is_not_is_named_and_nothing_is_left(command: Command, tmp_path: Path) -> None:
    refused(command("demo", "--out", "models", "--device", "cpi"), "No 'cpi' among devices", "cpu")
    assert not list(tmp_path.glob("models/**/*.onnx"))


def test_a_model_of_the_users_in_its_folder_stays(command: Command, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "model.onnx").write_bytes(b"mine")
    refused(command("demo", "--device", "simulated"), "model.onnx", "not what hwnas wrote there", "--force")
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["model.onnx"]
    assert (tmp_path / "demo" / "model.onnx").read_bytes() == b"mine"
