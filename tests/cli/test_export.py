"""What an export hands out, what it says of it, and what it refuses."""

import json
import shutil
import sys
from pathlib import Path

import onnxruntime
import pytest
import torch

from hwnas.pipeline.delivery.front import Front
from hwnas.pipeline.selection.limits import Limits
from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused


@pytest.fixture
def run(command: Command, finished: Path, tmp_path: Path) -> Path:
    """A finished run in the folder that commands work in."""
    assert command  # which changes to that folder
    return Path(shutil.copytree(finished, tmp_path / "run"))


def test_what_is_said_of_the_model_is_what_its_manifest_states(command: Command, run: Path) -> None:
    ended = command("export", run, "--max-latency", "1s", "--preset", "rapid")
    assert ended.code == 0, ended.errors
    manifest = json.loads(Path("model.json").read_text())
    first, *_ = Front.read(run / "front.json").candidates(Limits.of(max_latency_ms=1000))
    assert manifest["architecture"] == first.architecture
    assert manifest["size_bytes"] == Path("model.onnx").stat().st_size
    assert ended.output.startswith(
        f"model.onnx: {manifest['size_bytes'] / 1e3:.0f} kB, accuracy {manifest['score']:.1%}"
    )
    assert "Timed just now on simulated" in ended.output


def test_a_budget_that_nothing_keeps_is_exit_code_1_and_hands_out_nothing(command: Command, run: Path) -> None:
    refused(command("export", run, "--max-latency", "0.001us", "--preset", "rapid"), "the fastest takes up to", code=1)
    assert not Path("model.onnx").exists()


def test_a_file_of_the_users_is_replaced_only_by_force(command: Command, run: Path) -> None:
    Path("model.onnx").write_bytes(b"mine")
    words = ("export", run, "--max-latency", "1s", "--preset", "rapid")
    refused(command(*words), "model.onnx", "--force")
    assert Path("model.onnx").read_bytes() == b"mine"
    assert command(*words, "--force").code == 0
    assert json.loads(Path("model.json").read_text())["size_bytes"] == Path("model.onnx").stat().st_size


def test_files_for_pytorch_compute_what_the_onnx_file_does(command: Command, run: Path) -> None:
    ended = command("export", run, "--max-latency", "1s", "--preset", "rapid", "--torch")
    assert ended.code == 0, ended.errors
    program = torch.export.load("model.pt2").module()
    session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    x = torch.randn(1, *given.shape[1:])
    expected = session.run(None, {given.name: x.numpy()})[0]
    torch.testing.assert_close(program(x), torch.from_numpy(expected), rtol=1e-3, atol=1e-4)
    assert Path("model.safetensors").is_file()
    refused(command("export", run, "--max-latency", "1s", "--bundle", "--torch"), "A bundle holds no files for torch")


def test_paths_and_people_reach_the_manifest_only_when_asked_for(command: Command, run: Path) -> None:
    record = {"command": "hwnas train --data /home/somebody/data, by somebody@lab"}
    for path in (run / "subnets").glob("*.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "training": record}))
    words = ("export", run, "--max-latency", "1s", "--preset", "rapid")
    ended = command(*words)
    assert ended.code == 0, ended.errors
    told = json.loads(Path("model.json").read_text())
    assert told["training"] == {"command": "hwnas train --data (left out), by (left out)"}
    ended = command(*words, "--full-device", "--force")
    assert ended.code == 0, ended.errors
    assert json.loads(Path("model.json").read_text())["training"] == record


def test_a_form_that_cannot_be_written_here_is_heard_of_before_anything_is_timed(
    command: Command, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    refused(command("export", run, "--max-latency", "1s", "--openvino"), "pip install 'hwnas[openvino]'")
    assert not Path("model.onnx").exists()


def test_half_precision_and_another_opset_lie_beside_the_model(command: Command, run: Path) -> None:
    words = ("export", run, "--max-latency", "1s", "--preset", "rapid")
    refused(command(*words, "--opset", "5"), "opset13", "opset5")
    assert not Path("model.onnx").exists()
    ended = command(*words, "--float16", "--opset", "13")
    assert ended.code == 0, ended.errors
    for form, place in (("float16", "model.float16.onnx"), ("opset13", "model.opset13.onnx")):
        assert f"As {form}: {place}" in ended.output
        onnxruntime.InferenceSession(place, providers=["CPUExecutionProvider"])
